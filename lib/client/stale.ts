/** Whether an answer stands in for a new one, by what it says of itself (RFC 9211, and the contract). Pure. */
import { at, textAt } from "./error.ts";
import { retryAfterSeconds } from "./hint.ts";
import type { StaleAnswer } from "./types.ts";

/** Parts of such a header; inside of quotes, what divides them is text. */
const CACHES = /(?:[^,"]|"[^"]*"?)+/g;
const PARAMETERS = /(?:[^;"]|"[^"]*"?)+/g;

/** Null for an answer that is as good as new. */
export function staleIn(headers: Headers, body: unknown, wallMs: number): StaleAnswer | null {
  const status = headers.get("cache-status");
  const told = at(body, "meta", "stale");
  const parameters = status === null ? null : ownParameters(status);
  // Only where a proxy, or a service of another origin, shows no headers does the body decide: a 304 merges the headers
  // of several answers, and this is the one that each of them has.
  const isStale =
    status === null
      ? typeof told === "object" && told !== null
      : parameters?.has("hit") && parameters.get("fwd") === "stale";
  if (!isStale) return null;
  const saidAt = Date.parse(headers.get("tidegate-as-of") ?? textAt(told, "as_of") ?? "");
  const ageSeconds = secondsOf(headers.get("age")) ?? secondsOf(at(told, "age_seconds"));
  const asOf = Number.isNaN(saidAt) ? wallMs - (ageSeconds ?? 0) * 1_000 : saidAt;
  return {
    asOf,
    ageSeconds: ageSeconds ?? Math.max(0, Math.floor((wallMs - asOf) / 1_000)),
    code: parameters?.get("detail") ?? textAt(told, "code"),
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), { meta: told }, wallMs),
  };
}

/** Those of `tidegate`, among the caches on the way; null where it is none of them. */
function ownParameters(status: string): ReadonlyMap<string, string> | null {
  const caches = partsOf(status, CACHES).map((cache) => partsOf(cache, PARAMETERS));
  const own = caches.find(([name]) => name === "tidegate");
  if (!own) return null;
  return new Map(
    own.slice(1).map((parameter) => {
      const [name = "", value = ""] = parameter.split(/=(.*)/, 2);
      return [name, value.replace(/^"(.*)"$/, "$1")];
    }),
  );
}

const partsOf = (text: string, parts: RegExp): readonly string[] =>
  (text.match(parts) ?? []).map((part) => part.trim());

function secondsOf(value: unknown): number | null {
  const seconds = typeof value === "string" && /^\d+$/.test(value.trim()) ? Number(value) : value;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
