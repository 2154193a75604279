/**
 * What a connection that was at rest for long has to give before a statement is trusted to it: an answer to words of our
 * own, soon. A firewall, or a host on the way, forgets connections without a word to either side.
 */
import { withDeadline } from "../time.ts";
import type { ConnectionPlan } from "./connection.ts";
import { databaseError } from "./failure.ts";

/** A connection at rest for longer than this may be forgotten on the way: the least of what clouds grant is minutes. */
const PROVE_AFTER_MS = 30_000;
/** Then nobody is there. By the statement's own deadline that would cost its caller the answer. */
const SILENCE_MS = 1_000;

export interface Proof {
  /** By the wall's clock, which goes on while a machine sleeps: one that jumps costs no more than a round trip. */
  isDue(): boolean;
  /** It has answered. */
  given(): void;
  /** @throws DatabaseError `connection` when it is due and `answer` does not come soon; the connection is gone then. */
  by<Reply>(answer: Promise<Reply>): Promise<Reply>;
}

export function createProof(
  destroy: () => Promise<void>,
  { runtime, outdate }: Pick<ConnectionPlan, "runtime" | "outdate">,
): Proof {
  let givenAt = runtime.wallMs();
  const isDue = (): boolean => Math.abs(runtime.wallMs() - givenAt) > PROVE_AFTER_MS;

  return {
    isDue,
    given: () => {
      givenAt = runtime.wallMs();
    },
    by: async (answer) => {
      if (!isDue()) return answer;
      const silence = databaseError("connection");
      try {
        return await withDeadline(answer, { ms: SILENCE_MS, runtime, refuse: () => silence });
      } catch (error) {
        if (error === silence) {
          // The others have rested for as long.
          outdate();
          await destroy();
        }
        throw error;
      }
    },
  };
}
