/**
 * Secrets in addresses: the password in `scheme://user:password@host`, also where its special characters were not
 * percent-encoded; parameters that are secrets in queries alone; paths of hooks and of links that were sent by mail.
 */
import { isOpaque } from "./field-names.ts";
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
  /** Without a scheme as well, as browsers have it; `\/` is how some write a slash in JSON. */
  begins: /(?::|(?<![\w:/.\\-]))(?:\\?\/){2}/g,
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
  if (colon >= 0 && colon < at) {
    // A token in the place of the user, and what stands for no password.
    const isUserSecret =
      /^(?:x-oauth-basic|x|)$/.test(authority.slice(colon + 1, at)) && isToken(authority.slice(0, colon));
    if (isUserSecret) return masked(start, start + at);
    return colon + 1 < at ? masked(start + colon + 1, start + at) : null;
  }
  return isToken(authority.slice(0, at)) ? masked(start, start + at) : null;
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
function isToken(text: string): boolean {
  return text.length >= 16 && /\d/.test(text) && /[a-z]/i.test(text);
}

/** What people call an address, and no user. */
const NO_USER = /^(?:mailto|e?-?mail|to|from|cc|bcc|user|author|by|acct|sips?|xmpp|npm|https?|file|image|docker|oci)$/i;

/** `user:password@host` without a scheme, as `curl` and browsers take it. */
export const bareLogins: Pattern = {
  begins:
    /@(?<=(?<![\w/.@:%+-])([\w.-]{1,64}):([^\s/@:"'`<>,;()]{8,128})@)(?=(?:[a-z][\w-]{0,62}(?:\.[a-z][\w-]{0,62}){1,8}|localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\w.-]))/gi,
  spanOf: (_text, match) => {
    const [, user = "", password = ""] = match;
    if (NO_USER.test(user) || !isOpaque(password)) return harmless(match);
    return { ...masked(match.index - password.length, match.index), to: match.index + 1 };
  },
};

/** Names that say nothing elsewhere, and in a query name what opens something. */
export const parameters: Pattern = {
  begins: /[?&;](?:appid|code|h|hash|key|key-pair-id|magic|policy|state)=([^\s&#"'<>`\\]{1,1024})/gi,
  spanOf: (_text, match) => {
    const value = match[1] ?? "";
    const end = match.index + match[0].length;
    return isOpaque(value) ? masked(end - value.length, end) : harmless(match);
  },
};

const SEGMENTS = /(?:[^\s/?#"'<>`\\]{0,512}\/?){1,8}/y;

/** An id, as Slack has it before the secret. */
const CAPITALS = /^[A-Z0-9]{9,}$/;

/** From the first to the last part that was made by a machine, behind a part that says what such a thing is for. */
export const paths: Pattern = {
  begins:
    /(?:\/\/hooks\.[\w.-]{1,64}|\/(?:(?:build_|deploy_|web)?hooks?|webhookb2|deploy|token|invites?|invitations?|shared?|magic(?:-link)?|password(?:[-_]reset)?|(?:reset|verify|confirm|activate)(?:[-_]\w{1,16})?|unsubscribe|integration|with\/key))\//gi,
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    let from = -1;
    let to = at;
    let next = at;
    for (const part of matchAt(SEGMENTS, text, at).split("/")) {
      if ((isOpaque(part) || CAPITALS.test(part)) && !/\.\w{1,5}$/.test(part)) {
        if (from < 0) from = next;
        to = next + part.length;
      }
      next += part.length + 1;
    }
    return from < 0 ? harmless(match) : masked(from, to);
  },
};
