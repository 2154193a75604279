/** How payloads write times, ratios and states. */

export const iso = (ms: number): string => new Date(ms).toISOString();

/** 0 is none. */
export const isoOrNull = (ms: number | null): string | null => (ms ? iso(ms) : null);

/** Rounded up: what is left is not over yet, and who comes back then is not too early. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1_000);

export const rounded = (value: number, places: number): number => Math.round(value * 10 ** places) / 10 ** places;

/** A share of nothing is none. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole, 4));

/** `OPEN`: states of a breaker that is not an event of its past. */
export const upperCase = <Word extends string>(word: Word): Uppercase<Word> => word.toUpperCase() as Uppercase<Word>;
