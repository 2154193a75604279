/**
 * Which names announce a secret. A name is read word by word and judged by its last one, so that `db_password` and
 * `accessToken` are secrets while `password_policy`, `token_count` and `primary_key` are none.
 */

/** Names that announce a secret whatever follows. */
const SECRET_ENDING =
  /(?:password|passwd|passphrase|passcode|pwd|secret|token|authori[sz]ation|credentials?|(?:api|access|secret|private|signing|encryption)key)$/;
const SECRET_WORDS = new Set(["cookie", "jwt", "bearer", "dbpass", "dbpasswd"]);

/** Plurals, and one word that test reports use too: secrets unless a number follows, which is a count. */
const COUNTABLE_ENDING = /(?:passwords|secrets|tokens|(?:api|access|secret|private)keys)$/;
const COUNTABLE_WORDS = new Set(["pass", "cookies"]);

/** `key` alone is any key; these words before it make it one that opens something. */
const KEY_OPENERS = new Set(
  "api access account admin auth deploy encryption hmac master private secret service session shared signing ssh storage webhook".split(
    " ",
  ),
);

/** Words that say how or which: the word before them decides. */
export const SUFFIXES: readonly string[] =
  "base64 b64 confirm confirmation current hash header new old plaintext raw string value".split(" ");
const IS_SUFFIX = new Set(SUFFIXES);

/** Whose values may contain blanks up to the end of the line, when not quoted. */
const WHOLE_LINE = /(?:authori[sz]ation|cookies?)(?:[-_.]?header)?$/i;

const LONGEST_NAME = 160;
/** Cheap, and false for nearly every name there is. */
const POSSIBLE = /pass|pwd|secret|token|key|auth|cookie|cred|jwt|bearer/i;

export type Sensitivity = "secret" | "countable" | "plain";

/**
 * What a field, a variable or a header of this name holds: a `secret`, a secret unless it is a number (`countable`),
 * or something `plain`.
 *
 * @example
 * ```ts
 * sensitivityOf("PGPASSWORD"); // "secret"
 * sensitivityOf("x-api-key"); // "secret"
 * sensitivityOf("tokens"); // "countable"
 * sensitivityOf("token_type"); // "plain"
 * ```
 */
export function sensitivityOf(name: string): Sensitivity {
  if (name.length > LONGEST_NAME || !POSSIBLE.test(name)) return "plain";
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  while (words.length > 1 && (IS_SUFFIX.has(words.at(-1) ?? "") || /^\d+$/.test(words.at(-1) ?? ""))) words.pop();
  const last = (words.at(-1) ?? "").replace(/\d+$/, "");
  if (SECRET_WORDS.has(last) || SECRET_ENDING.test(last)) return "secret";
  if (COUNTABLE_WORDS.has(last) || COUNTABLE_ENDING.test(last)) return "countable";
  const opens = KEY_OPENERS.has(words.at(-2) ?? "");
  if (last === "key" && opens) return "secret";
  return last === "keys" && opens ? "countable" : "plain";
}

/** Whether an unquoted value of this name goes on to the end of its line, as headers do. */
export function fillsLine(name: string): boolean {
  return WHOLE_LINE.test(name);
}
