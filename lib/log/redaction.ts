/**
 * Keeps secrets out of whatever people and machines read: logs, errors, payloads, labels.
 *
 * Known secret values go first, in every form they take (`known-secrets`, `secret-forms`); then what merely looks like
 * a credential: the rules of `patterns` (`pairs` with `field-names` and `values`, `urls`, `commands`, `vendor-tokens`),
 * which `scan` applies to a text in all its `views`; in structures also what is named like one (`copy`).
 */
import { copyOf } from "./copy.ts";
import { knownSecrets } from "./known-secrets.ts";
import { credentialsIn, maskedList } from "./patterns.ts";
import { maskRanges } from "./scan.ts";

/** What stands where a secret stood. */
export const MASK = "***";

/** Room for a pattern that is cut at the end of a long string. */
const PATTERN_CHARACTERS = 1_024;

export interface Redactor {
  /** The same text without secrets. Time is linear in its length. Never throws. */
  readonly text: (value: string) => string;
  /**
   * A plain copy of anything, without secrets and ready for JSON: at most 8 levels deep, 100 entries a container,
   * 1,000 containers and 32,768 characters in all. Fields named like a secret are masked whatever they hold. Errors
   * keep their causes. Never throws.
   */
  readonly value: (value: unknown) => unknown;
}

/**
 * @param secrets the values that must appear nowhere. From 6 characters on they are found anywhere; of 3 to 5, as words
 * of their own; shorter ones, where they are a whole string or a pattern shows a credential.
 *
 * @example
 * ```ts
 * const redact = createRedactor({ secrets: ["s3cr3t/value"] });
 * redact.text("GET /?t=s3cr3t%2Fvalue"); // "GET /?t=***"
 * redact.text("postgres://app:other@db/app"); // "postgres://app:***@db/app"
 * redact.value({ user: "ada", password: 1 }); // { user: "ada", password: "***" }
 * ```
 */
export function createRedactor({ secrets }: { readonly secrets: readonly string[] }): Redactor {
  const known = knownSecrets(secrets, MASK);

  function text(value: string): string {
    try {
      if (known.isWhole(value)) return MASK;
      const unknown = known.mask(value);
      return maskRanges(unknown, credentialsIn(unknown), MASK);
    } catch {
      return MASK;
    }
  }

  const rules = {
    mask: MASK,
    text,
    list: (texts: readonly string[]) => maskedList(texts, MASK),
    isWholeSecret: known.isWhole,
    marginCharacters: known.longest + PATTERN_CHARACTERS,
  };
  return { text, value: (value) => copyOf(value, rules) };
}
