/** Scripts over REST: each a request of its own, sent once, answered within a bound, and told without its secrets. */
import type { Runtime } from "../../runtime.ts";
import { expireAfter } from "../../time.ts";
import { type ScriptRunner, scriptDigests } from "../lua/script.ts";
import { ask } from "./command.ts";
import type { UpstashTarget } from "./target.ts";

export interface Requests extends ScriptRunner {
  close(): Promise<void>;
}

/** Beyond every deadline of a guard: it only frees what hangs. */
const REQUEST_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 500;
const LONGEST_FOUND = 300;

export function openRequests(target: UpstashTarget, runtime: Runtime): Requests {
  const underWay = new Map<AbortController, Promise<unknown>>();
  let closed = false;
  const digestOf = scriptDigests();

  async function once(...command: readonly string[]): Promise<unknown> {
    if (closed) throw new Error("it is closed");
    const controller = new AbortController();
    const late = () => controller.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS} ms`));
    const deadline = expireAfter(runtime, REQUEST_TIMEOUT_MS, late);
    const answer = ask(target, command, controller.signal, runtime);
    underWay.set(controller, answer);
    try {
      return await answer;
    } finally {
      deadline.clear();
      underWay.delete(controller);
    }
  }
  return {
    async run(script, keys, values) {
      const digest = await digestOf(script);
      const args = [String(keys.length), ...keys, ...values];
      try {
        return await once("EVALSHA", digest, ...args).catch((error: unknown) => {
          // It has not run: the server only does not know it yet.
          if (isUnknownScript(error)) return once("EVAL", script.text, ...args);
          throw error;
        });
      } catch (error) {
        throw failure(target, script.what, error);
      }
    },
    async close() {
      closed = true;
      const grace = expireAfter(runtime, CLOSE_GRACE_MS, () => {
        for (const controller of underWay.keys()) controller.abort(new Error("it is closed"));
      });
      await Promise.allSettled(underWay.values());
      grace.clear();
    },
  };
}

/** By how the answer begins: further on it may be a text of callers. */
const isUnknownScript = (error: unknown): boolean => /^(?:ERR )?NOSCRIPT\b/.test(told(error));

function told(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(told).join(", ");
  if (!(error instanceof Error)) return String(error);
  // What `fetch` throws says why in its cause.
  return error instanceof TypeError && error.cause ? `${error.message}: ${told(error.cause)}` : error.message;
}

/** Without its cause, which may hold the token. */
function failure({ address, token }: UpstashTarget, what: string, error: unknown): Error {
  const found = told(error).replaceAll(token, "***").slice(0, LONGEST_FOUND);
  return new Error(`${address}: ${what}: a database that answers is needed, found: ${found}`);
}
