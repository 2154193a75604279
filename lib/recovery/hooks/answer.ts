/** What a platform is asked, and its answer: read within a bound, and either understood or told as a {@link HookError}. */
import * as v from "valibot";
import { boundedText } from "../../bounded-text.ts";
import { retryHintMs } from "../../retry-hint.ts";
import { HookError, type HookFault } from "./hook.ts";

export interface PlatformCall {
  /** For people, as in "vercel: looking up the project: …". */
  readonly doing: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether asking twice does no more than asking once. Default: of GET alone. */
  readonly repeatable?: boolean;
  /** Statuses beside 2xx that are answers to be read, not failures. */
  readonly accept?: readonly number[];
  /** Failures by which it says that it is asked too fast, beside 429; without a time of its own it is given one. */
  readonly throttling?: readonly number[];
  /** Longest wait for one answer, in milliseconds. */
  readonly deadlineMs?: number;
  /** What no message may show beside the platform's own secrets: such as what was read before, and is sent back. */
  readonly secrets?: readonly string[];
}

/** A body of JSON, with the header that says so; to be spread into a {@link PlatformCall} that has no headers of its own. */
export const json = (
  value: unknown,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } => ({
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});

export interface PlatformAnswer {
  readonly status: number;
  readonly text: string;
  /** The body as JSON of this shape. @throws HookError `garbage` where it is none. */
  read<Value>(schema: v.GenericSchema<unknown, Value>): Value;
}

export interface Telling {
  readonly hook: string;
  readonly redact: (text: string) => string;
}

/** A platform's answer is a few kilobytes; a Lambda's configuration or a Kubernetes object some dozens. */
const LONGEST_BODY_BYTES = 1_048_576;
const SHOWN_CHARACTERS = 200;
/** Ten times the usual pause. */
const THROTTLED_MS = 5_000;

export async function answerOf(
  response: Response,
  { doing, accept = [], throttling = [] }: PlatformCall,
  telling: Telling,
  wallMs: number,
): Promise<PlatformAnswer> {
  const text = await boundedText(response, LONGEST_BODY_BYTES);
  const { status } = response;
  const failure = (fault: HookFault, needed: string, retryAfterMs: number | null = null) => {
    const { hook, redact } = telling;
    // A success may hold the secrets of others: the environment of what runs. What is redacted is so before it is cut,
    // or half a secret would be left.
    const said = text === "" || response.ok ? "" : ` ${JSON.stringify(shortened(redact(text)))}`;
    const message = `${hook}: ${doing}: ${needed}, found: ${status}${said}`;
    return new HookError(message, { hook, fault, status, retryAfterMs });
  };

  if (!response.ok && !accept.includes(status)) {
    const retryAfterMs = retryHintMs(response.headers.get("retry-after"), wallMs);
    // GitHub throttles with 403 too, and says so in its headers.
    const isSpent = status === 403 && (retryAfterMs !== null || response.headers.get("x-ratelimit-remaining") === "0");
    if (status === 429 || isSpent) throw failure("throttled", "a platform that is not throttling", retryAfterMs);
    if (status === 401 || status === 403) throw failure("unauthorized", "a credential that may do this");
    if (status >= 500) {
      const ownMs = throttling.includes(status) ? THROTTLED_MS : null;
      throw failure("failed", "a platform that works", retryAfterMs ?? ownMs);
    }
    if (status >= 300 && status < 400) throw failure("refused", "an answer and no redirect, which is not followed");
    throw failure("refused", "a platform that agrees", retryAfterMs);
  }
  return {
    status,
    text,
    read: (schema) => {
      const parsed = v.safeParse(schema, jsonOf(text));
      if (parsed.success) return parsed.output;
      const path = v.getDotPath(parsed.issues[0]);
      throw failure("garbage", `JSON as documented${path === null ? "" : ` (${path})`}`);
    },
  };
}

/** Undefined is no JSON, so that no schema of ours takes it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const shortened = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
