/** Asks a platform something over HTTP: within a deadline, again only where that is safe, and told without secrets. */
import { createRedactor } from "../../log/redaction.ts";
import { HOLDS, type Runtime, systemRuntime } from "../../runtime.ts";
import { ambientHere } from "../../telemetry/ambient.ts";
import type { Attributes, Span } from "../../telemetry/port.ts";
import { traced } from "../../telemetry/span.ts";
import { expireAfter, sleep } from "../../time.ts";
import { answerOf, type PlatformAnswer, type PlatformCall, shortened, type Telling } from "./answer.ts";
import { HookError, type HookFault } from "./hook.ts";

export interface PlatformOptions {
  /** The hook's name. */
  readonly hook: string;
  /** What no message may show. */
  readonly secrets: readonly string[];
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly runtime?: Runtime | undefined;
  /** Adds what a signature is; called anew for every attempt. */
  readonly sign?: (call: PlatformCall, headers: Headers) => Promise<Headers>;
}

export interface Platform {
  /** @throws HookError; the reason of `signal` when that is aborted. */
  ask(call: PlatformCall, signal: AbortSignal): Promise<PlatformAnswer>;
  /** The error of an answer that says no in its own way. Default fault: `refused`. */
  refusal(doing: string, found: string, fault?: HookFault): HookError;
  readonly runtime: Runtime;
}

/** What one call may take: platforms answer within a second or two, and are slow when they have troubles of their own. */
export const CALL_DEADLINE_MS = 10_000;
const ATTEMPTS = 3;
const PAUSE_MS = 500;
/** A platform that wants more patience is not asked again by the same restart. */
const LONGEST_PAUSE_MS = 5_000;
/** GitHub refuses requests without one, and Workers send none by themselves. */
const USER_AGENT = "tidegate";

export function platform(options: PlatformOptions): Platform {
  const { hook, secrets, runtime = systemRuntime() } = options;
  const own: Telling = { hook, redact: createRedactor({ secrets }).text };
  const tellingOf = (call: PlatformCall): Telling =>
    call.secrets ? { hook, redact: createRedactor({ secrets: [...secrets, ...call.secrets] }).text } : own;

  function once(call: PlatformCall, signal: AbortSignal): Promise<PlatformAnswer> {
    const { tracing = null } = ambientHere();
    return traced(tracing, call.method, { kind: "client", attributes: attributesOf(hook, call) }, (span) =>
      exchange(call, signal, span),
    );
  }

  async function exchange(call: PlatformCall, signal: AbortSignal, span: Span | null): Promise<PlatformAnswer> {
    const deadlineMs = call.deadlineMs ?? CALL_DEADLINE_MS;
    const telling = tellingOf(call);
    const late = new AbortController();
    const deadline = expireAfter(runtime, deadlineMs, () => late.abort(), HOLDS);
    try {
      const given = new Headers({ accept: "application/json", ...options.headers, ...call.headers, ...onwards(span) });
      given.set("user-agent", USER_AGENT);
      const headers = options.sign ? await options.sign(call, given) : given;
      const response = await runtime.fetch(call.url, {
        method: call.method,
        headers,
        ...(call.body !== undefined && { body: call.body }),
        // Followed, it would carry the credentials to wherever it points.
        redirect: "manual",
        signal: AbortSignal.any([signal, late.signal]),
      });
      span?.set({ "http.response.status_code": response.status });
      return await answerOf(response, call, telling, runtime.wallMs());
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HookError) throw error;
      const found = late.signal.aborted ? `none within ${deadlineMs} ms` : telling.redact(reasonOf(error));
      const message = `${hook}: ${call.doing}: an answer is needed, found: ${found}`;
      throw new HookError(message, { hook, fault: "unreachable" });
    } finally {
      deadline.clear();
    }
  }

  return {
    runtime,
    refusal: (doing, found, fault = "refused") =>
      new HookError(`${hook}: ${doing}: ${shortened(own.redact(found))}`, { hook, fault }),
    async ask(call, signal) {
      const attempts = (call.repeatable ?? call.method === "GET") ? ATTEMPTS : 1;
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(call, signal);
        } catch (error) {
          if (attempt === attempts || !isPassing(error)) throw error;
          const pauseMs = error.retryAfterMs ?? PAUSE_MS * 2 ** (attempt - 1);
          if (pauseMs > LONGEST_PAUSE_MS) throw error;
          await sleep(runtime, pauseMs, signal);
        }
      }
    },
  };
}

/** What makes the platform's own trace a part of this one. */
const onwards = (span: Span | null): Readonly<Record<string, string>> =>
  (span && ambientHere().tracing?.headers(span)) ?? {};

/** Of the URL no more than where it leads: it may be a secret as a whole. */
function attributesOf(hook: string, { method, url }: PlatformCall): Attributes {
  const attributes = { "http.request.method": method, "tidegate.hook": hook };
  if (!URL.canParse(url)) return attributes;
  const { hostname, port, protocol } = new URL(url);
  const known = protocol === "http:" ? 80 : 443;
  return { ...attributes, "server.address": hostname, "server.port": port === "" ? known : Number(port) };
}

function isPassing(error: unknown): error is HookError {
  return error instanceof HookError && ["throttled", "failed", "unreachable"].includes(error.fault);
}

/** What `fetch` throws says why in its cause; hosts and ports are no secrets, whole URLs may be. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error ? ((cause as { code?: unknown }).code ?? cause.message) : null;
  return code === null ? error.message : `${error.message} (${String(code)})`;
}
