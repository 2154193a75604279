/** Secrets in statements: `IDENTIFIED BY …`, arguments of functions that encrypt, columns of an `INSERT`. */
import { sensitivityOf } from "./field-names.ts";
import { harmless, masked, matchAt, type Pattern, type Span } from "./scan.ts";

/** `PASSWORD '…'`, `SET PASSWORD FOR … = '…'` and `IDENTIFIED BY …`, which have no sign between name and value. */
export const sqlPasswords: Pattern = {
  begins:
    /\b(?:password[ \t]{1,8}(?:for[ \t]{1,8}[^\s=]{1,128}[ \t]{0,8}=[ \t]{0,8})?(?=')|identified[ \t]{1,8}(?:with[ \t]{1,8}\w{1,64}[ \t]{1,8})?(?:by|as)[ \t]{1,8}(?:(?:password|values)[ \t]{1,8})?(?=['"\w]))/gi,
  spanOf: (text, match) => {
    const from = match.index + match[0].length;
    const to = valueEnd(text, from);
    const old = matchAt(/[ \t]{1,8}replace[ \t]{1,8}(?=["\w])/iy, text, to);
    return masked(from, old === "" ? to : valueEnd(text, to + old.length));
  },
};

function valueEnd(text: string, from: number): number {
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

/** Texts among the arguments of what encrypts by a password, or makes a hash of one: from the first to the last. */
export const sqlFunctions: Pattern = {
  begins:
    /\b(?:pgp_sym_(?:en|de)crypt(?:_bytea)?|(?:aes|des)_(?:en|de)crypt|crypt|encrypt_iv|decrypt_iv)\([^'"()]{0,256}(?=')/gi,
  spanOf: (text, match) => {
    const from = match.index + match[0].length;
    let to = valueEnd(text, from);
    for (let next = matchAt(NEXT_TEXT, text, to); next !== ""; next = matchAt(NEXT_TEXT, text, to)) {
      to = valueEnd(text, to + next.length);
    }
    return masked(from, to);
  },
};
const NEXT_TEXT = /[ \t]{0,8},[^'"()]{0,64}(?=')/y;

/** The third text that a connection is made with, as traces of PHP and Java show their calls: address, user, password. */
export const connections: Pattern = {
  begins:
    /\((?<=\b(?:getConnection|__construct|mysqli?_connect|pg_connect|createConnection)\()(?:[ \t]{0,8}(?:'[^'\n]{0,256}'|"[^"\n]{0,256}")[ \t]{0,8},){2}[ \t]{0,8}(?=['"])/g,
  spanOf: (text, match) => {
    const from = match.index + match[0].length;
    return masked(from, valueEnd(text, from));
  },
};

const LONGEST_ROWS = 8_192;
/** A row's value: a text, or anything else without a comma. */
const VALUE = /\s{0,64}(?:'(?:[^']|''){0,4096}'|[^,()']{0,512}(?:\([^()]{0,512}\))?[^,()']{0,64})/y;

/** `INSERT INTO t (name, password) VALUES ('…', '…')`: from the first to the last secret of a row. */
export const sqlRows: Pattern = {
  begins: /\binto\s{1,8}[\w."`[\]]{1,128}\s{0,8}\([^()]{1,2048}\)\s{0,8}values\s{0,8}(?=\()/gi,
  spanOf: (text, match) => {
    const columns = /\(([^()]*)\)\s*values\s*$/i.exec(match[0])?.[1]?.split(",") ?? [];
    const secret = columns.map((column) => sensitivityOf(column.replace(/[^\w]/g, "")) === "secret");
    const start = match.index + match[0].length;
    return secret.includes(true) ? secretsInRow(text, start, secret) : harmless(match);
  },
};

function secretsInRow(text: string, start: number, secret: readonly boolean[]): Span {
  let from = -1;
  let to = start + 1;
  let at = start + 1;
  for (const isSecret of secret) {
    const value = matchAt(VALUE, text, at);
    const blanks = value.length - value.trimStart().length;
    if (isSecret && value.trim().startsWith("'")) {
      if (from < 0) from = at + blanks;
      to = at + value.length;
    }
    at += value.length;
    if (text[at] !== "," || at > start + LONGEST_ROWS) break;
    at += 1;
  }
  return from < 0 ? { from: to, to, masked: false } : masked(from, to);
}
