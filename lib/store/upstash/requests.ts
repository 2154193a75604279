/** Scripts over REST: each a request of its own, sent once, answered within a bound, and told without its secrets. */
import { Redis } from "@upstash/redis/cloudflare";
import type { Runtime } from "../../runtime.ts";
import { type ScriptRunner, scriptDigests } from "../lua/script.ts";
import type { UpstashTarget } from "./target.ts";

export interface Requests extends ScriptRunner {
  close(): Promise<void>;
}

/** Beyond every deadline of a guard: it only frees what hangs. */
const REQUEST_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 500;
const LONGEST_FOUND = 300;

/**
 * The SDK calls the platform's own `fetch`: its clients take none, and the one way to hand in the network, a requester
 * of one's own, would replace all that it does. Its entry for Workers is the one that asks nothing of the platform:
 * the others set `cache`, which Workers may refuse.
 */
function clientOf(target: UpstashTarget, signal: () => AbortSignal) {
  return new Redis({
    url: target.url,
    token: target.token,
    signal,
    // Not `false`, which the SDK takes for one more attempt.
    retry: { retries: 0 },
    // Would send what belongs to several batches as one request.
    enableAutoPipelining: false,
    enableTelemetry: false,
    // Would make numbers and objects of texts that look like them.
    automaticDeserialization: false,
    // All that the scripts answer is Unicode. Decoding base64 would drop a leading U+FEFF, and takes five times as long.
    responseEncoding: false,
  });
}

export function openRequests(target: UpstashTarget, runtime: Runtime): Requests {
  const underWay = new Map<AbortController, Promise<unknown>>();
  let closed = false;
  let signal = new AbortController().signal;
  // A function, since a plain signal makes an aborted request look answered. Asked within the call that it is for.
  const client = clientOf(target, () => signal);
  const digestOf = scriptDigests();

  async function once(request: () => Promise<unknown>): Promise<unknown> {
    if (closed) throw new Error("it is closed");
    const controller = new AbortController();
    const late = () => controller.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`));
    const timer = runtime.setTimer(late, REQUEST_TIMEOUT_MS);
    signal = controller.signal;
    const answer = request();
    underWay.set(controller, answer);
    try {
      return await answer;
    } finally {
      runtime.clearTimer(timer);
      underWay.delete(controller);
    }
  }
  return {
    async run(script, keys, values) {
      const digest = await digestOf(script);
      try {
        return await once(() => client.evalsha(digest, [...keys], [...values])).catch((error: unknown) => {
          // It has not run: the server only does not know it yet.
          if (isUnknownScript(error)) return once(() => client.eval(script.text, [...keys], [...values]));
          throw error;
        });
      } catch (error) {
        throw failure(target, script.what, error);
      }
    },
    async close() {
      closed = true;
      const timer = runtime.setTimer(() => {
        for (const controller of underWay.keys()) controller.abort(new Error("it is closed"));
      }, CLOSE_GRACE_MS);
      await Promise.allSettled(underWay.values());
      runtime.clearTimer(timer);
    },
  };
}

/** By how the answer begins: further on it may be a text of callers. */
const isUnknownScript = (error: unknown): boolean => /^(?:ERR )?NOSCRIPT\b/.test(told(error));

/** An error of the SDK ends with the whole command, and so with what callers wrote. */
function told(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(told).join(", ");
  if (!(error instanceof Error)) return String(error);
  const [message = ""] = error.message.split(", command was: ");
  // What `fetch` throws says why in its cause.
  return error instanceof TypeError && error.cause ? `${message}: ${told(error.cause)}` : message;
}

/** Without its cause, for the same reason. */
function failure({ address, token }: UpstashTarget, what: string, error: unknown): Error {
  const found = told(error).replaceAll(token, "***").slice(0, LONGEST_FOUND);
  return new Error(`${address}: ${what}: a database that answers is needed, found: ${found}`);
}
