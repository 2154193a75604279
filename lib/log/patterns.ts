/** What looks like a credential, whoever's it is; all of it in the terms of `scan`. */
import { commands } from "./commands.ts";
import { cookieJars, kubernetesSecrets } from "./documents.ts";
import { flags, foreignPairs, pairs, reversed } from "./pairs.ts";
import { harmless, masked, maskRanges, type Pattern, type Range, rangesOf, type Span } from "./scan.ts";
import { announcements, credentialPairs, oneTimeCodes, passes, sentences, signatures } from "./sentences.ts";
import { connections, sqlFunctions, sqlPasswords, sqlRows } from "./sql.ts";
import { bareLogins, parameters, paths, urls } from "./urls.ts";
import { vendorTokens } from "./vendor-tokens.ts";

const privateKeys: Pattern = {
  begins: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g,
  spanOf: (text, match) => {
    const end = text.indexOf("-----END ", match.index);
    const close = end < 0 ? -1 : text.indexOf("-----", end + 9);
    return masked(match.index, close < 0 ? text.length : close + 5);
  },
};

const httpSchemes: Pattern = {
  begins: /\b(bearer|basic|negotiate)[ \t]{1,8}([\w.~+/-]*={0,2})(?!\w)/gi,
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

const REFERENCE =
  /^(?:v?\d[\w.-]*|main|master|latest|next|beta|alpha|canary|rc|dev|develop|trunk|head|stable|release)$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** `user/password@host` of Oracle's tools; not `owner/repository@v4`, and not the inside of a path. */
const oracleLogins: Pattern = {
  begins:
    /\/(?<=(?:(?<![\w/.@:%$#\\-])|(?<=:(?:thin|oci8?):))[a-z][\w$#]{0,29}\/)([^\s/@"'`<>,;]{1,128}|"[^"\n]{1,128}")@(?=(?:\/\/)?([\w.-]{1,253})(:\d{2,5}(?!\w)|\/\w)?)/gi,
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

/** A line of `.pgpass`: host, port, database, user and password. */
const passwordFiles: Pattern = {
  begins:
    /:(?<=(?:^|["'])(?:[a-z][\w.-]{2,252}|[\d.]{7,15}|\*):)(?:\d{2,5}|\*):(?:[a-z_][\w-]{0,63}|\*):(?:[a-z_][\w-]{0,63}|\*):([^\s"']{4,128})(?=$|["'])/gim,
  spanOf: (_text, match) => endOf(match, match[0].length - (match[1] ?? "").length),
};

/** Passwords as `crypt`, Apache and Argon2 keep them. */
const hashes: Pattern = {
  begins: /\$(?:2[abxy]|[156y]|apr1|argon2\w{0,2}|scrypt|pbkdf2[\w-]{0,16})\$[\w./$,=+-]{16,}/g,
  spanOf: (_text, match) => endOf(match, 0),
};

const PATTERNS: readonly Pattern[] = [
  privateKeys,
  urls,
  bareLogins,
  parameters,
  paths,
  pairs,
  foreignPairs,
  flags,
  reversed,
  sentences,
  announcements,
  oneTimeCodes,
  passes,
  credentialPairs,
  signatures,
  connections,
  sqlPasswords,
  sqlFunctions,
  sqlRows,
  commands,
  httpSchemes,
  jsonWebTokens,
  vendorTokens,
  oracleLogins,
  passwordFiles,
  hashes,
  kubernetesSecrets,
  cookieJars,
];

/** Names and short words, most of what there is: every pattern needs more, or another character. */
const SHORT_WORD = /^[\w.-]{0,19}$/;

/** Where something looks like a credential, whoever's it is. */
export function credentialsIn(text: string): readonly Range[] {
  return SHORT_WORD.test(text) ? [] : rangesOf(text, PATTERNS);
}

/** The same for a list: rules read it as JSON, in which each text stands beside its neighbours. */
export function maskedList(texts: readonly string[], mask: string): readonly string[] {
  const ranges = credentialsIn(JSON.stringify(texts));
  if (ranges.length === 0) return texts;
  let start = 1;
  return texts.map((text) => {
    const written = JSON.stringify(text).slice(1, -1);
    const from = start + 1;
    const to = from + written.length;
    start = to + 2;
    const own = ranges
      .filter((range) => range[0] < to && range[1] > from)
      .map((range): Range => [Math.max(range[0], from) - from, Math.min(range[1], to) - from]);
    return own.length === 0 ? text : unescaped(maskRanges(written, own, mask), mask);
  });
}

/** A range that ends within an escaped character leaves no text: then nothing of it is shown. */
function unescaped(written: string, mask: string): string {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return mask;
  }
}
