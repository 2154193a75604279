/** The figures of one worker, as its supervisor hears them. */
import type { SentFamily } from "../../metrics/family.ts";

/** Who scrapes has little time, and a worker that stalls has none to answer in. */
const WITHIN_MS = 1_000;

export interface HeardFigures {
  /** It has said so, asked or not. */
  readonly hear: (families: readonly SentFamily[]) => void;
  /** As they were last heard. */
  readonly last: () => readonly SentFamily[];
  /** Asks for them; where no answer comes in a second, or it ends before: the last ones. Never rejects. */
  readonly fresh: () => Promise<readonly SentFamily[]>;
}

/** A worker of another release may say them in another form: then there are none of it. */
export const isFigures = (found: unknown): found is readonly SentFamily[] =>
  Array.isArray(found) && found.every((one) => typeof one?.name === "string" && Array.isArray(one.samples));

export function heardFigures(ask: () => void, ended: Promise<unknown>): HeardFigures {
  let last: readonly SentFamily[] = [];
  let next = Promise.withResolvers<void>();
  return {
    hear: (families) => {
      if (isFigures(families)) last = families;
      next.resolve();
      next = Promise.withResolvers();
    },
    last: () => last,
    fresh: async () => {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WITHIN_MS);
      ask();
      await Promise.race([next.promise, ended, late]);
      clearTimeout(timer);
      return last;
    },
  };
}
