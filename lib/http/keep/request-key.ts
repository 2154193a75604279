/** Which requests may be answered from what is kept, and what tells their answers apart. */
import type { Context } from "hono";

/** More of it is nobody's question, and may be anybody's attempt to fill a place. */
const MOST_PARAMETERS = 32;
const LONGEST_QUERY = 2_048;

/** Headers that say who asks; what proxies add beside a cookie or an `Authorization` need not be looked for. */
export const WHO_ASKS: readonly string[] = ["authorization", "cookie", "cf-access-jwt-assertion", "x-api-key"];

/** Whether a request says who asks: its answer is then its own, unless the route names what tells callers apart. */
export const saysWhoAsks = ({ req }: Context): boolean => WHO_ASKS.some((name) => req.header(name) !== undefined);

/** Of parts and conditions on them nothing is kept, and who wants nothing stored is heard. */
export function isKeepable({ req }: Context): boolean {
  if (req.method !== "GET" && req.method !== "HEAD") return false;
  if (req.header("range") !== undefined) return false;
  return !/\bno-store\b/i.test(req.header("cache-control") ?? "");
}

/**
 * `GET`, the path, the query in order, what is accepted, and what the route adds; null for a query that is too long.
 *
 * @example
 * ```ts
 * requestKey(c, ""); // "GET /reports?line=7&day=2 text/csv" of /reports?day=2&line=7
 * ```
 */
export function requestKey({ req }: Context, added: string): string | null {
  const query = orderedQuery(req.url);
  if (query === null) return null;
  // A space ends each part: none is to be had for pretending to be another's.
  const path = req.path.replaceAll(" ", "%20");
  const accept = req.header("accept")?.replace(/\s+/g, "").toLowerCase() || "*/*";
  return `GET ${path}${query} ${accept}${added === "" ? "" : ` ${added}`}`;
}

/** One parameter that is written in one way only. */
const PLAIN = /^[\w.*-]+=[\w.*-]*$/;

function orderedQuery(url: string): string | null {
  const start = url.indexOf("?");
  if (start === -1) return "";
  const end = url.indexOf("#", start);
  const text = url.slice(start + 1, end === -1 ? undefined : end);
  if (text === "") return "";
  if (text.length > LONGEST_QUERY) return null;
  if (PLAIN.test(text)) return `?${text}`;
  const parameters = new URLSearchParams(text);
  if (parameters.size > MOST_PARAMETERS) return null;
  // Values of one name stay in their order, which may mean something.
  parameters.sort();
  return `?${parameters}`;
}
