/** One request, its answer read within a deadline and a bound. */
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import { CommandError, EXIT } from "./command.ts";

export interface Ask {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** Nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly tookMs: number;
}

/** The largest are figures: 1,000 series of a histogram take 2.5 MB. */
const LONGEST_BODY_BYTES = 16_777_216;

/** @throws CommandError where there is no whole answer in time. */
export function ask(asked: Ask, runtime: Runtime): Promise<Answer> {
  const { url, timeoutMs } = asked;
  const late = new AbortController();
  const signal = asked.signal ? AbortSignal.any([late.signal, asked.signal]) : late.signal;
  return withDeadline(answerTo(asked, signal, runtime), {
    ms: timeoutMs,
    runtime,
    refuse: () => {
      late.abort();
      return unreachable(url, `no answer within ${timeoutMs / 1_000} s`);
    },
  });
}

async function answerTo(asked: Ask, signal: AbortSignal, runtime: Runtime): Promise<Answer> {
  const { url, method = "GET", headers, body } = asked;
  const startedAt = runtime.monotonicMs();
  try {
    const response = await runtime.fetch(url, {
      method,
      headers: { accept: "application/json", "user-agent": "tidegate-cli", ...headers },
      ...(body !== undefined && { body }),
      // Followed, it would carry the token to wherever it points.
      redirect: "manual",
      signal,
    });
    const text = await boundedText(response);
    return { status: response.status, headers: response.headers, text, tookMs: runtime.monotonicMs() - startedAt };
  } catch (error) {
    throw unreachable(url, reasonOf(error));
  }
}

export function unreachable({ origin }: URL, found: string): CommandError {
  return new CommandError(
    EXIT.unreachable,
    `${origin} cannot be reached: ${found}.`,
    "Check that it runs, and that --url or TIDEGATE_URL names it.",
  );
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > LONGEST_BODY_BYTES) throw new Error(`its answer is longer than ${LONGEST_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** What `fetch` throws says why in its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  if (!(cause instanceof Error)) return message;
  // Of a name with several addresses, the cause has no message of its own.
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  return cause.message || (first instanceof Error ? first.message : "") || message;
}
