/**
 * The shapes in which a known secret turns up: a password is percent-encoded in a URL, escaped in JSON, base64 in a
 * header, hexadecimal in a dump. Each shape is text to look for; most secrets have few that differ.
 */

/** From here on a value is masked wherever it stands, even inside a word. */
export const ANYWHERE_CHARACTERS = 6;
/** Below {@link ANYWHERE_CHARACTERS} and from here on: only as a word of its own, or logs would be full of holes. */
export const WORD_CHARACTERS = 3;

export interface Form {
  readonly text: string;
  /** Only where neither neighbour is a letter or a digit. */
  readonly asWord: boolean;
  /** Characters beside it that may hold some of its bits. */
  readonly margin: 0 | 1;
}

/**
 * Everything to look for because of `secret`. Empty below {@link WORD_CHARACTERS}: so short a value is masked where it
 * is a whole string or where a pattern shows it to be a credential.
 */
export function formsOf(secret: string): readonly Form[] {
  if (secret.length < WORD_CHARACTERS) return [];
  const asWord = secret.length < ANYWHERE_CHARACTERS;
  const plain = [...escaped(secret), ...percentEncoded(secret)];
  const forms: Form[] = plain.map((text) => ({ text, asWord, margin: 0 }));
  if (asWord) return forms;
  const bytes = new TextEncoder().encode(secret);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const text of [hex, hex.toUpperCase()]) forms.push({ text, asWord: false, margin: 0 });
  for (const text of base64Cores(bytes)) forms.push({ text, asWord: false, margin: 1 });
  return forms;
}

const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

function escaped(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    json,
    // An escaped text that was escaped again, as when one log line is a field of another.
    JSON.stringify(json).slice(1, -1),
    // PHP, Python and Go or Rails write JSON like this.
    json.replaceAll("/", "\\/"),
    json.replace(/[^\x20-\x7e]/g, unicode),
    json.replace(/[<>&'\u2028\u2029]/g, unicode),
    // SQL and libpq.
    secret.replaceAll("'", "''"),
    secret.replace(/['\\]/g, "\\$&"),
  ];
}

function percentEncoded(secret: string): readonly string[] {
  if (/\p{Surrogate}/u.test(secret)) return [];
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, percent);
  const url = new URL("http://host");
  url.password = secret;
  const forms = [
    component,
    strict,
    encodeURI(secret),
    url.password,
    new URLSearchParams([["", secret]]).toString().slice(1),
  ];
  const all = [...new TextEncoder().encode(secret)].map((byte) => percent(String.fromCharCode(byte))).join("");
  const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [...forms, all].flatMap((text) => [text, lower(text)]);
}

const percent = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/**
 * What of a secret's base64 is the same whatever stands before and after it, for each of the three ways in which its
 * bytes can fall into groups: as a whole, and inside `user:password` or a longer text.
 */
function base64Cores(bytes: Uint8Array): readonly string[] {
  const cores: string[] = [];
  for (const before of [0, 1, 2]) {
    const padded = [...new Uint8Array(before), ...bytes];
    const text = btoa(String.fromCharCode(...padded)).replace(/=+$/, "");
    const start = before === 0 ? 0 : before + 1;
    const end = padded.length % 3 === 0 ? text.length : text.length - 1;
    cores.push(text.slice(start, end));
  }
  return cores.flatMap((core) => [core, core.replaceAll("+", "-").replaceAll("/", "_")]);
}
