/** The password in `scheme://user:password@host`, also where its special characters were not percent-encoded. */
import { harmless, masked, matchAt, type Pattern, type Span } from "./scan.ts";

/** A longer login is cut here; what is left of it is masked with the part that was read. */
const LONGEST_LOGIN = 2_048;
/** How far a raw slash in a password is followed. */
const LONGEST_RAW = 256;

/** A URL between apostrophes ends at the second; in any other they may be part of the password. */
const OPENED_BY_APOSTROPHE = /(?<='[a-z][a-z0-9+.-]{0,30})/iy;
/** Up to the path. */
const AUTHORITY = /[^\s"<>`/?#\\]{0,2048}/y;
const BLANK = /[\s"<>`]/;
/** What stands there when there is no login: hosts, each with a port. */
const HOSTS = /^(?:[\w.-]*|\[[\da-f:.]*\])(?::\d{0,5})?(?:[,;].*)?$/i;

export const urls: Pattern = {
  /** `\/` is how some write a slash in JSON. */
  begins: /:(?:\\?\/){2}/g,
  spanOf: (text, match) => {
    OPENED_BY_APOSTROPHE.lastIndex = match.index;
    const isQuoted = OPENED_BY_APOSTROPHE.test(text);
    const login = loginAt(text, match.index + match[0].length, isQuoted ? "'" : "");
    return login === null ? harmless(match) : login;
  },
};

function loginAt(text: string, start: number, quote: string): Span | null {
  const authority = upTo(quote, matchAt(AUTHORITY, text, start));
  const colon = authority.indexOf(":");
  let at = authority.length < LONGEST_LOGIN ? authority.lastIndexOf("@") : authority.length;
  // A password with a raw slash: its beginning stands where a port would, and is none.
  if (at < 0 && colon >= 0 && !HOSTS.test(authority)) at = rawLoginEnd(text.slice(start, start + LONGEST_RAW), quote);
  if (at < 0) return null;
  if (colon >= 0 && colon < at) return colon + 1 < at ? masked(start + colon + 1, start + at) : null;
  return isOpaque(authority.slice(0, at)) ? masked(start, start + at) : null;
}

/** Who has taken such a URL apart may have encoded the sign that ends the login, as a part of a parameter. */
function rawLoginEnd(rest: string, quote: string): number {
  if (!/@|%40/.test(rest)) return -1;
  const blank = rest.search(BLANK);
  const text = upTo(quote, blank < 0 ? rest : rest.slice(0, blank));
  return Math.max(text.lastIndexOf("@"), text.lastIndexOf("%40"));
}

function upTo(quote: string, text: string): string {
  const end = quote === "" ? -1 : text.indexOf(quote);
  return end < 0 ? text : text.slice(0, end);
}

/** Long and mixed: made by a machine, and a token in the place of a user. */
function isOpaque(text: string): boolean {
  return text.length >= 16 && /\d/.test(text) && /[a-z]/i.test(text);
}
