/**
 * Leaving room for others. Whoever has just written is the first who can write again, while the others read, draw a pause
 * and come too late: without a gap one busy instance would keep all others out for ever.
 */
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";

/** Transactions in a row of one instance that nobody seems to share the state with. */
const IN_A_ROW = 8;
/** Another needs a read and a commit. */
const GAP_TRANSACTIONS = 2;
const LONGEST_GAP_MS = 50;

export interface Pace {
  /** Waits where a gap has begun and is not over. What comes meanwhile travels in the same commit. */
  readonly keep: () => Promise<void>;
  /** After a commit: how long it took with its read, and whether others have written since the last one. */
  readonly note: (tookMs: number, shared: boolean) => void;
}

export function pace(runtime: Runtime): Pace {
  let inARow = 0;
  let gapEndsAt = 0;
  return {
    keep: async () => {
      const leftMs = gapEndsAt - runtime.monotonicMs();
      if (leftMs > 0) await sleep(runtime, leftMs);
    },
    note: (tookMs, shared) => {
      inARow = shared ? 0 : inARow + 1;
      if (!shared && inARow < IN_A_ROW) return;
      inARow = 0;
      // Drawn where several leave one, or they would all come back at once.
      const gapMs = GAP_TRANSACTIONS * tookMs * (shared ? 2 * runtime.random() : 1);
      gapEndsAt = runtime.monotonicMs() + Math.min(LONGEST_GAP_MS, gapMs);
    },
  };
}
