/** An answer as it is kept: what may be, and what of it. */
import { fromBase64, toBase64 } from "../../kept/form.ts";
import { flag, fromJson, listOf, object, orNull, type Shape, shape, text } from "../../shape.ts";
import { WHO_ASKS } from "./request-key.ts";

/** An answer of status 200, apart from the request that it was given to. */
export interface KeptAnswer {
  /** In the order in which they were set. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** `body` is base64. */
  readonly isBinary: boolean;
  /** What the request said where the answer varies by it. */
  readonly varies: readonly (readonly [name: string, value: string | null])[];
  /** Of the body, or as the route has said it. */
  readonly etag: string;
}

export interface KeepingRules {
  readonly maxBytes: number;
  /** The route names what tells callers apart, so that an answer may vary by who asks. */
  readonly namesKey: boolean;
}

/** What belongs to one request, one connection or one moment. */
const NOT_KEPT = new Set([
  ...["age", "cache-status", "connection", "content-length", "date", "etag", "keep-alive", "ratelimit"],
  ...["ratelimit-policy", "retry-after", "server-timing", "tidegate-as-of", "transfer-encoding", "x-request-id"],
]);
/** What is kept of no answer, so that who finds it has it from somebody else. */
const NEVER_KEPT = new Set([...NOT_KEPT, "content-encoding", "set-cookie"]);
const TEXTUAL = /^text\/|[/+](?:json|xml|javascript)\b|^application\/x-www-form-urlencoded/i;

/** What can be told without its body. */
export function mayBeKept(response: Response, { maxBytes, namesKey }: KeepingRules): boolean {
  const { headers } = response;
  if (response.status !== 200 || headers.has("set-cookie") || headers.has("content-encoding")) return false;
  if (/\b(?:no-store|private)\b/i.test(headers.get("cache-control") ?? "")) return false;
  if (Number(headers.get("content-length") ?? 0) > maxBytes) return false;
  const varies = namesIn(headers.get("vary"));
  return !varies.includes("*") && (namesKey || !varies.some((name) => WHO_ASKS.includes(name)));
}

/**
 * Reads a copy of an answer up to the limit, beside its reader.
 *
 * @returns Null for one that is larger, or ends before its end.
 */
export async function answerOf(copy: Response, request: Headers, rules: KeepingRules): Promise<KeptAnswer | null> {
  const bytes = await bytesOf(copy, rules.maxBytes);
  if (bytes === null) return null;
  const isBinary = !TEXTUAL.test(copy.headers.get("content-type") ?? "");
  const names = namesIn(copy.headers.get("vary")).filter((name) => !(rules.namesKey && WHO_ASKS.includes(name)));
  return {
    headers: [...copy.headers].filter(([name]) => !NOT_KEPT.has(name)),
    body: isBinary ? toBase64(bytes) : new TextDecoder().decode(bytes),
    isBinary,
    varies: names.map((name) => [name, request.get(name)] as const),
    etag: copy.headers.get("etag") ?? (await etagOf(bytes)),
  };
}

async function bytesOf(copy: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (copy.body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = copy.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return joined(parts, length);
    length += value.byteLength;
    if (length > maxBytes) {
      reader.cancel().catch(() => {});
      return null;
    }
    parts.push(value);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Weak: another compression of it is the same answer. */
async function etagOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `W/"${toBase64(digest.subarray(0, 12))}"`;
}

function namesIn(list: string | null): readonly string[] {
  return (list ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

const pairOf = <Value>(value: Shape<Value>): Shape<readonly [string, Value]> =>
  shape((found) => Array.isArray(found) && found.length === 2 && text(found[0]) && value(found[1]));
const isAnswer: Shape<KeptAnswer> = object({
  headers: listOf(pairOf(text)),
  body: text,
  isBinary: flag,
  varies: listOf(pairOf(orNull(text))),
  etag: text,
});

/** Null for what is none of ours: who writes where answers are kept may have written anything. */
export function answerIn(content: string): KeptAnswer | null {
  const found = fromJson(content);
  return isAnswer(found) && isGivable(found) ? found : null;
}

function isGivable(answer: KeptAnswer): boolean {
  // A length, say, that is not its own would shift all answers that follow on a connection.
  if (answer.headers.some(([name]) => NEVER_KEPT.has(name.toLowerCase()))) return false;
  try {
    new Headers({ ...headersOf(answer), etag: answer.etag });
    bodyOf(answer);
    return true;
  } catch {
    return false;
  }
}

/** Whether an answer was given to a request that says the same, as far as it varies by it. */
export const isFor = ({ varies }: KeptAnswer, request: Headers): boolean =>
  varies.every(([name, value]) => request.get(name) === value);

/** By their names in small letters. */
export function headersOf({ headers }: KeptAnswer): Record<string, string> {
  const byName: Record<string, string> = {};
  for (const [name, value] of headers) byName[name.toLowerCase()] = value;
  return byName;
}

export const bodyOf = ({ body, isBinary }: KeptAnswer): string | Uint8Array<ArrayBuffer> =>
  isBinary ? fromBase64(body) : body;
