/** What may be said about a kept answer, and how it is made sure of. */
import * as v from "valibot";

/** Of what is kept, however it is asked for. */
export interface KeepOptions {
  /** How old an answer may be where there is no other, in seconds. Default one day; at most 30 days. */
  readonly staleSeconds?: number | undefined;
  /** How old it may be before its source is asked again, in seconds. Default 0: it is asked every time. */
  readonly freshSeconds?: number | undefined;
  /**
   * Who shares one call of many at the same time. `instance`: the callers of each instance. `fleet`: those of all, by a
   * claim in the store, for which others wait. Default `instance`.
   */
  readonly share?: "instance" | "fleet" | undefined;
  /**
   * Who waits where an answer is older than `freshSeconds`. `foreground`: the caller that asks. `background`: nobody; it
   * is answered with what there is, and one of the fleet asks the source. Default `foreground`.
   */
  readonly refresh?: "foreground" | "background" | undefined;
  /** Larger answers are not kept. Default 262,144; at most 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** Answers under different keys, as so many records of each instance. Default 1,000; the next ones are not kept. */
  readonly maxEntries?: number | undefined;
}

/** The same, whole. */
export interface KeepRules {
  readonly staleMs: number;
  readonly freshMs: number;
  readonly isFleets: boolean;
  readonly inBackground: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
}

const DAY_SECONDS = 86_400;
const LONGEST_SECONDS = 30 * DAY_SECONDS;
const LARGEST_BYTES = 4 * 1_024 * 1_024;
const DEFAULT_BYTES = 256 * 1_024;
const DEFAULT_ENTRIES = 1_000;

const between = (least: number, most: number) => {
  const what = `a number from ${least} to ${most}`;
  return v.optional(v.pipe(v.number(what), v.finite(what), v.minValue(least, what), v.maxValue(most, what)));
};
const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.optional(v.picklist(words, words.map((word) => `"${word}"`).join(" or ")));

const ENTRIES = {
  staleSeconds: between(1, LONGEST_SECONDS),
  freshSeconds: between(0, LONGEST_SECONDS),
  share: oneOf(["instance", "fleet"]),
  refresh: oneOf(["foreground", "background"]),
  maxBytes: between(1, LARGEST_BYTES),
  maxEntries: between(1, 1_000_000),
};
const SCHEMA = v.object(ENTRIES, "an object such as { staleSeconds: 3600 }");

/**
 * @param others Options that who asks has beside these.
 * @throws TypeError naming every option that is wrong.
 */
export function keepRules(what: string, options: KeepOptions, others: readonly string[]): KeepRules {
  const found = v.safeParse(SCHEMA, options);
  const known = [...Object.keys(ENTRIES), ...others];
  const unknown = Object.keys(options ?? {}).filter((name) => !known.includes(name));
  const faults = [
    ...(found.issues ?? []).map((issue) => `${v.getDotPath(issue) ?? "options"} must be ${issue.message}`),
    ...unknown.map((name) => `${name} is no option; there are ${known.join(", ")}`),
  ];
  const { staleSeconds = DAY_SECONDS, freshSeconds = 0, ...rest } = found.success ? found.output : {};
  if (faults.length === 0 && freshSeconds > staleSeconds) {
    faults.push(`freshSeconds must not be more than staleSeconds, was ${freshSeconds} and ${staleSeconds}`);
  }
  if (faults.length > 0) throw new TypeError(`${what}: ${faults.join("; ")}`);
  return {
    staleMs: staleSeconds * 1_000,
    freshMs: freshSeconds * 1_000,
    isFleets: rest.share === "fleet",
    inBackground: rest.refresh === "background",
    maxBytes: rest.maxBytes ?? DEFAULT_BYTES,
    maxEntries: rest.maxEntries ?? DEFAULT_ENTRIES,
  };
}
