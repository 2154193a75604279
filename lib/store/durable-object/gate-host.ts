/** The gate machine in an object's memory, and in its storage before anybody hears of it. */
import type { Batch } from "../../gate/commands.ts";
import type { GateState } from "../../gate/state.ts";
import { type Step, step } from "../../gate/step.ts";
import { untouched } from "../../gate/turn.ts";
import { InvalidBatch } from "../../gate/validate.ts";
import { loadGate, storeTouched } from "./entries.ts";
import type { ObjectStorage } from "./platform.ts";

export interface GateHost {
  /**
   * Applies a batch and stores what it changed. Without an await in it, so that no other batch comes in between.
   *
   * @throws InvalidBatch, or what kept it from being stored; then nothing of the batch has taken effect.
   */
  apply(batch: Batch, now: number): Step;
  /** The next batch finds what is stored, as after an eviction. */
  forget(): void;
}

export function gateHost(storage: ObjectStorage): GateHost {
  let gate: GateState | undefined;
  return {
    apply(batch, now) {
      try {
        const done = storage.transactionSync(() => {
          gate ??= loadGate(storage.kv);
          const result = step(gate, batch, now);
          storeTouched(storage.kv, gate, result.touched);
          return result;
        });
        // What was touched is nobody's concern any more, and needs no place in the answer.
        return { ...done, touched: untouched() };
      } catch (error) {
        // The step has changed what is in memory, and the storage has taken none of it: they must not differ. An invalid
        // batch is refused before it changes anything; loading again for it would be an invitation.
        if (!(error instanceof InvalidBatch)) gate = undefined;
        throw error;
      }
    },
    forget() {
      gate = undefined;
    },
  };
}
