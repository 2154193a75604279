/** How payloads write times and ratios. */

export const iso = (ms: number): string => new Date(ms).toISOString();

/** Rounded up: what is left is not over yet. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1_000);

export const rounded = (value: number, places: number): number => Math.round(value * 10 ** places) / 10 ** places;

/** A share of nothing is none. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole, 4));
