/**
 * The last answer, for a page that is opened while there is no new one. It is the same for whoever asks: an answer that
 * is not must not be kept like this, or the next person at this device reads it.
 */

export interface Row {
  readonly product: string;
  readonly lots: number;
  readonly wafers: number;
  readonly queued_lots: number;
  readonly running_lots: number;
  readonly on_hold_lots: number;
}

export interface Kept {
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly rows: readonly Row[];
}

const KEY = "tidegate-demo:wip-by-product";
const LONGEST_TEXT = 100_000;
const LONGEST_AGE_MS = 24 * 60 * 60 * 1_000;

/** In all tabs of this browser; not where its storage is full, or may not be used. */
export function keep(rows: readonly Row[], at: number): void {
  const text = JSON.stringify({ at, rows } satisfies Kept);
  try {
    if (text.length > LONGEST_TEXT) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
  } catch {
    // Then a reload finds nothing.
  }
}

/** Null where there is none, or one that says nothing about now. */
export function kept(now: number): Kept | null {
  try {
    const { at, rows } = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept;
    const isOfUse = at <= now && now - at < LONGEST_AGE_MS && rows.every(({ product }) => typeof product === "string");
    return isOfUse ? { at, rows } : null;
  } catch {
    return null;
  }
}
