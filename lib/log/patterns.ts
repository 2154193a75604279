/** What looks like a credential, whoever's it is; all of it in the terms of `scan`. */
import { flags, pairs } from "./pairs.ts";
import { type Budget, harmless, masked, maskSpans, type Pattern, type Span, WORK_PER_TEXT } from "./scan.ts";
import { urls } from "./url-logins.ts";

const privateKeys: Pattern = {
  begins: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g,
  spanOf: (text, match) => {
    const end = text.indexOf("-----END ", match.index);
    const close = end < 0 ? -1 : text.indexOf("-----", end + 9);
    return masked(match.index, close < 0 ? text.length : close + 5);
  },
};

/** `PASSWORD '…'` and `IDENTIFIED BY …`, which have no sign between name and value. */
const sqlPasswords: Pattern = {
  begins:
    /\b(?:password[ \t]{1,8}(?=')|identified[ \t]{1,8}by[ \t]{1,8}(?:(?:password|values)[ \t]{1,8})?(?=['"\w]))/gi,
  spanOf: (text, match) => {
    const from = match.index + match[0].length;
    return masked(from, sqlValueEnd(text, from));
  },
};

function sqlValueEnd(text: string, from: number): number {
  const quote = text.charAt(from);
  if (quote !== "'" && quote !== '"') {
    const end = text.slice(from, from + 256).search(/[\s;,)]/);
    return end < 0 ? Math.min(text.length, from + 256) : from + end;
  }
  for (let at = text.indexOf(quote, from + 1); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at + 1;
  }
  return text.length;
}

const httpSchemes: Pattern = {
  begins: /\b(bearer|basic|negotiate)[ \t]{1,8}([\w.~+/-]*={0,2})/gi,
  spanOf: (_text, match) => {
    const [whole, scheme = "", value = ""] = match;
    const isCredential = scheme.toLowerCase() === "basic" ? isBasic(value) : isToken(value);
    return isCredential ? endOf(match, whole.length - value.length) : harmless(match);
  },
};

/** Not a word of a sentence: those have no digits, and capitals only in front. */
function isToken(value: string): boolean {
  return value.length >= 8 && (/\d|=$|[a-z][A-Z]/.test(value) || value.length >= 32) && !/^[\d.:-]+$/.test(value);
}

function isBasic(value: string): boolean {
  if (value.length < 4) return false;
  try {
    return atob(value.replaceAll("-", "+").replaceAll("_", "/")).includes(":");
  } catch {
    return value.length >= 16 && isToken(value);
  }
}

const jsonWebTokens: Pattern = {
  begins: /eyJ[\w-]*(?:\.[\w-]*){0,4}/g,
  spanOf: (_text, match) => (match[0].length >= 20 && match[0].indexOf(".") >= 8 ? endOf(match, 0) : harmless(match)),
};

/** AWS key ids, and the tokens of vendors who mark theirs: GitHub, GitLab, Slack, Stripe, npm, Google, Deno and more. */
const markedTokens: Pattern = {
  begins:
    /(?<![A-Za-z0-9])(?:(?:A3T[A-Z0-9]|AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])|(?:gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|sk-|[rs]k_(?:live|test)_|npm_|AIza|dd[opw]_|dop_v1_|whsec_|fm\d[a-z]?_|hf_|ya29\.|SG\.)[\w.+/=-]*)/g,
  spanOf: (_text, match) =>
    match[0].length >= 20 && /\d|^A[A-Z0-9]{19}$/.test(match[0]) ? endOf(match, 0) : harmless(match),
};

const REFERENCE =
  /^(?:v?\d[\w.-]*|main|master|latest|next|beta|alpha|canary|rc|dev|develop|trunk|head|stable|release)$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** `user/password@host` of Oracle's tools; not `owner/repository@v4`, and not the inside of a path. */
const oracleLogins: Pattern = {
  begins:
    /\/(?<=(?:(?<![\w/.@:%$#\\-])|(?<=:(?:thin|oci8?):))[a-z][\w$#]{0,29}\/)([^\s/@"'`<>,;]{1,128})@(?=(?:\/\/)?([\w.-]{1,253})(:\d{2,5}(?!\w)|\/\w)?)/gi,
  spanOf: (_text, match) => {
    const [, password = "", host = "", port] = match;
    const isAddress = IPV4.test(host);
    const isReference = !isAddress && (/^\d/.test(host) || (REFERENCE.test(host) && port === undefined));
    return isReference ? harmless(match) : masked(match.index + 1, match.index + 1 + password.length);
  },
};

/** Masks a match from `offset` on. */
function endOf(match: RegExpExecArray, offset: number): Span {
  return masked(match.index + offset, match.index + match[0].length);
}

const PATTERNS: readonly Pattern[] = [
  privateKeys,
  urls,
  pairs,
  flags,
  sqlPasswords,
  httpSchemes,
  jsonWebTokens,
  markedTokens,
  oracleLogins,
];

/** Names and short words, most of what there is: every pattern needs more, or another character. */
const SHORT_WORD = /^[\w.-]{0,19}$/;

/** Applies every pattern, one after the other. */
export function maskPatterns(text: string, mask: string): string {
  if (SHORT_WORD.test(text)) return text;
  const budget: Budget = { work: WORK_PER_TEXT };
  return PATTERNS.reduce((safe, pattern) => maskSpans(safe, pattern, mask, budget), text);
}
