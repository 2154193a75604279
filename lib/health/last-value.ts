/** The last value that this instance knows of, whoever computed it. */
import type { Kept } from "./computation-claim.ts";

export interface Memoized<Value> {
  readonly value: Value;
  readonly ageMs: number;
  /** Older than the period, because the computation under way takes too long. */
  readonly stale: boolean;
}

export interface LastValue<Value> {
  /** Infinite where there is none. */
  ageMs(): number;
  get(stale: boolean): Memoized<Value> | null;
  /** Unless there is a newer one. */
  keep(value: Value, since: number): void;
  /** What the fleet knew when it was asked. @returns False where it cannot be read. */
  hear(kept: Kept | null, askedAt: number): boolean;
}

export interface LastValueOptions<Value> {
  /** Null for a text that is none of ours. */
  readonly decode: (text: string) => Value | null;
  readonly elapsedMs: () => number;
}

export function createLastValue<Value>({ decode, elapsedMs }: LastValueOptions<Value>): LastValue<Value> {
  /** `since`, on the clock of elapsed time, is when its computation began, or somewhat before. */
  let last: { readonly value: Value; readonly since: number } | null = null;
  const ageMs = () => (last ? elapsedMs() - last.since : Number.POSITIVE_INFINITY);
  const keep = (value: Value, since: number) => {
    if (!last || since >= last.since) last = { value, since };
  };
  return {
    ageMs,
    keep,
    get: (stale: boolean): Memoized<Value> | null => last && { value: last.value, ageMs: Math.floor(ageMs()), stale },
    hear: (kept: Kept | null, askedAt: number): boolean => {
      const value = kept && decode(kept.text);
      if (value !== null) keep(value, askedAt - (kept?.ageMs ?? 0));
      return !kept || value !== null;
    },
  };
}
