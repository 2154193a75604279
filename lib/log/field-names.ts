/**
 * Which names announce a secret. A name is read word by word and judged by its last one, so that `db_password` and
 * `accessToken` are secrets while `password_policy`, `token_count` and `primary_key` are none.
 */

/** `key` alone is any key; these words before it make it one that opens something. */
const KEY_OPENERS =
  "api access account admin auth client deploy encryption functions hmac license master preshared private secret service session shared signing ssh storage subscription unseal webhook".split(
    " ",
  );
/** Before `key` or `code` these make a name of daily life, whose value decides. */
const LIKELY_OPENERS =
  "app application authorization backup consumer customer device ingest integration recovery role routing user vapid verification write".split(
    " ",
  );

/** What announces a secret at the end of a word. */
const SECRET =
  "pass(?:word|wd|phrase|code|wort)|kennwort|pwd|psk|secret|token|authori[sz]ation|credentials?|(?:api|access|secret|private|signing|encryption)key";
/** A password in other languages that our users' settings are written in, without accents. */
const FOREIGN = "contrasena|senha|motdepasse|wachtwoord|losenord|пароль|密[码碼]|ハスワート|비밀번호";
/** The same, where it is the whole word: within others it would be `compass` or `biscuit_cookie`. */
const SECRET_WORDS = "cookie|jwt|bearer|otp|pw|passe|sshpass|dbpass|userpass|keypass|storepass|requirepass|masterauth";
/** Plurals, and one word that test reports use too: secrets unless a number follows, which is a count. */
const COUNTABLE = "passwords|secrets|tokens|(?:api|access|secret|private)keys";
const COUNTABLE_WORDS = "pass|cookies";
/** Words of daily life as well: secrets where the value looks like one. */
const LIKELY =
  "auth|sig|signature|hmac|session|sid|\\w*sess(?:ion)?id|ticket|salt|assertion|verifier|saml(?:request|response)";

/** Words that say how or which: the word before them decides. */
const SUFFIXES =
  "base|base64|b64|binary|data|confirm|confirmation|current|digest|hash|header|hint|new|old|plaintext|raw|sha256|string|value";

/** How a name ends that {@link sensitivityOf} may call secret: what searches for names in text begins with it. */
export const NAME_END: string =
  `(?:${SECRET}|passwords|secrets|tokens|pass|jwt|bearer|otp|pw|cookies?|masterauth|auth|sig(?:nature)?|hmac|session|s(?:ess(?:ion)?[-_]?)?id|ticket|` +
  `salt|assertion|verifier|saml(?:request|response)|(?<=(?:${LIKELY_OPENERS.join("|")})[-_]?)(?:key|code)|` +
  `(?:${KEY_OPENERS.join("|")})[-_. ]?keys?)(?:[-_.]?(?:${SUFFIXES}))?(?:[-_]?\\d{1,4})?`;

/** The same for names in {@link FOREIGN}, which are looked for apart: they are rare, and slow to look for with the others. */
export const FOREIGN_NAME_END =
  "(?:contrase[nñ]a|senha|mot[ _-]?de[ _-]?passe|wachtwoord|l[oö]senord|пароль|密[码碼]|パスワード|비밀번호)";

const SECRET_ENDING = new RegExp(`(?:${SECRET}|${FOREIGN})$|^(?:${SECRET_WORDS})$`);
const COUNTABLE_ENDING = new RegExp(`(?:${COUNTABLE})$|^(?:${COUNTABLE_WORDS})$`);
const LIKELY_WORD = new RegExp(`^(?:${LIKELY})$`);
const IS_SUFFIX = new RegExp(`^(?:${SUFFIXES}|\\d+)$`);
const OPENS = new Set(KEY_OPENERS);
const MAY_OPEN = new Set(LIKELY_OPENERS);

/** Whose values may contain blanks up to the end of the line, when not quoted. */
const WHOLE_LINE = /(?:authori[sz]ation|cookies?|signature)(?:[-_.]?(?:header|\d+))?$/i;

const LONGEST_NAME = 160;
/** Cheap, and false for nearly every name there is. */
const POSSIBLE =
  /pass|pw|wor[dt]|secret|token|key|code|auth|cookie|cred|jwt|bearer|otp|psk|sig|hmac|sess|sid|ticket|salt|assertion|verifier|saml|contra|senha|losenord|salasana|[^ -~]/i;
const ACCENTS = /\p{M}/gu;

export type Sensitivity = "secret" | "countable" | "likely" | "plain";

/**
 * What a field, a variable or a header of this name holds: a `secret`, a secret unless it is a number (`countable`), one
 * if it looks like one (`likely`), or something `plain`.
 *
 * @example
 * ```ts
 * sensitivityOf("PGPASSWORD"); // "secret"
 * sensitivityOf("x-api-key"); // "secret"
 * sensitivityOf("tokens"); // "countable"
 * sensitivityOf("X-Amz-Signature"); // "likely"
 * sensitivityOf("token_type"); // "plain"
 * ```
 */
export function sensitivityOf(name: string): Sensitivity {
  if (name.length > LONGEST_NAME || !POSSIBLE.test(name)) return "plain";
  const words = withoutAccents(name)
    .replace(/pass[-_]?(?:word|phrase|code)/gi, (written) => written.toLowerCase().replace(/[-_]/, ""))
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9\u0400-\uffff]+/)
    .filter((word) => word !== "");
  while (words.length > 1 && IS_SUFFIX.test(words.at(-1) ?? "")) words.pop();
  const last = (words.at(-1) ?? "").replace(/\d+$/, "");
  if (SECRET_ENDING.test(last)) return "secret";
  if (COUNTABLE_ENDING.test(last)) return "countable";
  const before = words.at(-2) ?? "";
  if (LIKELY_WORD.test(last) || (last === "id" && before === "session")) return "likely";
  if ((last === "key" || last === "code") && MAY_OPEN.has(before)) return "likely";
  const opens = OPENS.has(before);
  if (last === "key" && opens) return "secret";
  return last === "keys" && opens ? "countable" : "plain";
}

const withoutAccents = (name: string): string =>
  /^[ -~]*$/.test(name) ? name : name.normalize("NFD").replace(ACCENTS, "");

/** Whether an unquoted value of this name goes on to the end of its line, as headers do. */
export function fillsLine(name: string): boolean {
  return WHOLE_LINE.test(name);
}

const DATE_OR_VERSION = /^(?:\d{4}-\d\d-\d\d|v?\d+\.\d)/i;

/**
 * Whether this was made by a machine to be guessed by nobody: letters and digits mixed, in a run of ten at least, or
 * letters of both kinds without the vowels and the rhythm of words, in a run of twenty.
 */
export function isOpaque(value: string): boolean {
  if (DATE_OR_VERSION.test(value)) return false;
  return (value.match(/[a-z0-9]{10,}/gi) ?? []).some(
    (run) => (/\d\D*\d/.test(run) && /[a-z]/i.test(run)) || (run.length >= 20 && !isSpoken(run)),
  );
}

function isSpoken(run: string): boolean {
  const vowels = run.match(/[aeiou]/gi)?.length ?? 0;
  const changes = run.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0;
  return vowels > run.length * 0.28 || changes < run.length / 4;
}

/** No word of a language, and no call or version. */
export const isMade = (word: string): boolean =>
  word.length >= 6 && /\d/.test(word) && /[a-z]/i.test(word) && !/[:=(]|^v?\d+\.\d/.test(word);
