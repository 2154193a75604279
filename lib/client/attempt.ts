/** One request and its answer, or the error it ended with. */
import { HOLDS, type Runtime } from "../runtime.ts";
import { expireAfter, sleep } from "../time.ts";
import { MesApiError, textAt } from "./error.ts";
import { retryAfterSeconds } from "./hint.ts";
import { staleIn } from "./stale.ts";
import type { StaleAnswer } from "./types.ts";

export interface Call {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: string;
  /** In milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export interface Answered {
  readonly body: unknown;
  /** Null for what is as good as new. */
  readonly stale: StaleAnswer | null;
}

/** @throws MesApiError */
export async function attempt(call: Call, runtime: Runtime): Promise<Answered> {
  const { response, text } = await exchange(call, runtime);
  const { ok, status, headers } = response;
  const body = parsed(text);
  const about = { status, data: body ?? null, requestId: headers.get("x-request-id") };
  if (!ok) {
    const message = textAt(body, "error", "message") ?? `The service answered ${status}.`;
    const hint = retryAfterSeconds(headers.get("retry-after"), body, runtime.wallMs());
    throw new MesApiError(message, { ...about, retryAfterSeconds: hint });
  }
  if (body === undefined) throw new MesApiError("The service answered no JSON.", { ...about, isParseError: true });
  return { body, stale: staleIn(headers, body, runtime.wallMs()) };
}

async function exchange({ url, timeout, signal, ...init }: Call, runtime: Runtime) {
  if (signal?.aborted) throw givenUp(signal);
  const late = new AbortController();
  const expiry = expireAfter(runtime, timeout, () => late.abort(), HOLDS);
  try {
    const signals = signal ? [signal, late.signal] : [late.signal];
    const response = await runtime.fetch(url, { ...init, signal: AbortSignal.any(signals) });
    return { response, text: await response.text() };
  } catch (cause) {
    if (signal?.aborted) throw givenUp(signal);
    if (late.signal.aborted) {
      throw new MesApiError(`The service did not answer within ${timeout / 1_000} s.`, { name: "TimeoutError", cause });
    }
    throw new MesApiError("The service cannot be reached.", { cause });
  } finally {
    expiry.clear();
  }
}

/** Undefined is what no JSON says. */
function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const givenUp = (signal: AbortSignal): MesApiError =>
  new MesApiError("The call was given up.", { name: "AbortError", cause: signal.reason });

/** @throws MesApiError when the caller gives up. */
export const pause = (ms: number, signal: AbortSignal | undefined, runtime: Runtime): Promise<void> =>
  sleep(runtime, ms, signal).catch(() => {
    throw givenUp(signal as AbortSignal);
  });
