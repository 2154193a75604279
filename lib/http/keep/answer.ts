/** A kept answer, given again: as it was, and marked as what it is (RFC 9111, RFC 9211, and the contract). */
import type { Degraded } from "../../kept/asking.ts";
import { bodyOf, headersOf, type KeptAnswer } from "./content.ts";

export interface Given {
  readonly answer: KeptAnswer;
  readonly ageMs: number;
  readonly how: "fresh" | "refreshing" | "shared" | "stale";
  readonly degraded: Degraded | null;
  /** Until when it is fresh, for who keeps it in turn. */
  readonly freshMs: number;
  /** As the refusal would have had it. */
  readonly retryAfterSeconds: number | null;
  /** By the clock of who answers. */
  readonly asOf: () => Date;
  /** What the client has, by its `If-None-Match`. */
  readonly known: string | undefined;
}

/** Makes a response: of a context of Hono, which has headers of its own already, or of nothing. */
export type Respond = (
  body: string | Uint8Array<ArrayBuffer> | null,
  status: 200 | 304,
  headers: Record<string, string>,
) => Response;

export function answerAgain(given: Given, respond: Respond): Response {
  const { answer, degraded, known } = given;
  // Not yet as Headers, of which a copy would be made.
  const headers = headersOf(answer);
  headers["cache-status"] = cacheStatus(given);
  if (given.how !== "shared") headers.age = `${Math.floor(given.ageMs / 1_000)}`;
  if (degraded) {
    headers["cache-control"] = "no-cache";
    headers["tidegate-as-of"] = given.asOf().toISOString();
    if (given.retryAfterSeconds !== null) headers["retry-after"] = `${given.retryAfterSeconds}`;
  }
  if (known !== undefined && isKnown(answer.etag, known)) {
    const { "content-type": _, ...others } = headers;
    return respond(null, 304, { ...others, etag: answer.etag });
  }
  const marked = degraded ? markedEnvelope(given, degraded) : null;
  // What is marked is true for its moment: nobody is to be told later that it has not changed.
  if (marked === null) headers.etag = answer.etag;
  return respond(marked ?? bodyOf(answer), 200, headers);
}

function cacheStatus({ how, ageMs, freshMs, degraded }: Given): string {
  if (degraded) return `tidegate; hit; fwd=stale; detail=${degraded.code}`;
  if (how === "shared") return "tidegate; fwd=miss; collapsed";
  return `tidegate; hit; ttl=${Math.floor((freshMs - ageMs) / 1_000)}`;
}

/** By the weak comparison of RFC 9110. */
export function isKnown(etag: string, known: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return known.trim() === "*" || known.split(",").some((tag) => opaque(tag) === opaque(etag));
}

/** Of the answers at hand: an envelope up to its mark, which two braces follow; null for what is none. */
const BEGINNINGS = new WeakMap<KeptAnswer, string | null>();

function markedEnvelope({ answer, ageMs, asOf, retryAfterSeconds }: Given, { code }: Degraded): string | null {
  let beginning = BEGINNINGS.get(answer);
  if (beginning === undefined) {
    beginning = beginningOf(answer);
    BEGINNINGS.set(answer, beginning);
  }
  if (beginning === null) return null;
  const stale = {
    as_of: asOf().toISOString(),
    age_seconds: Math.floor(ageMs / 1_000),
    code,
    retry_after_seconds: retryAfterSeconds,
  };
  return `${beginning}${JSON.stringify(stale)}}}`;
}

/** What ends an envelope whose `meta` is last in it, and has something in it. */
const END = /\s*\}\s*\}\s*$/;

/** `{"success":true,…,"meta":{…,"stale":`. */
function beginningOf({ headers, body, isBinary }: KeptAnswer): string | null {
  const type = headers.find(([name]) => name === "content-type")?.[1] ?? "";
  if (isBinary || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return null;
  try {
    const found = JSON.parse(body) as Record<string, unknown>;
    const { meta, ...rest } = found;
    if (rest.success !== true || typeof meta !== "object" || meta === null || Array.isArray(meta)) return null;
    // As it stands, where it can: a number may have more digits than are left of it here.
    const isLast = Object.keys(found).at(-1) === "meta" && Object.keys(meta).length > 0 && !("stale" in meta);
    if (isLast && END.test(body)) return `${body.replace(END, "")},"stale":`;
    const { stale: _, ...others } = meta as Record<string, unknown>;
    return JSON.stringify({ ...rest, meta: { ...others, stale: 0 } }).slice(0, -"0}}".length);
  } catch {
    return null;
  }
}
