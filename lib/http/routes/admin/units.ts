/** Times and durations as the contract writes them. */
export const iso = (ms: number): string => new Date(ms).toISOString();
/** 0 is none. */
export const isoOrNull = (ms: number | null): string | null => (ms ? iso(ms) : null);
/** Rounded up: a caller who comes back then is not too early. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1_000);
