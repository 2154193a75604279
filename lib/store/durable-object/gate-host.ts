/** The gate machine in an object's memory, and in its storage before anybody hears of it. */
import type { Renewal } from "../../gate/renewal.ts";
import type { GateState } from "../../gate/state.ts";
import { type Step, step } from "../../gate/step.ts";
import { untouched } from "../../gate/turn.ts";
import { InvalidRenewal } from "../../gate/validate.ts";
import { gateRows } from "./entries.ts";
import type { ObjectStorage } from "./platform.ts";

export interface GateHost {
  /**
   * Applies a renewal and stores what it changed. Without an await in it, so that no other renewal comes in between.
   *
   * @throws InvalidRenewal, or what kept it from being stored; then nothing of the renewal has taken effect.
   */
  apply(renewal: Renewal, now: number): Step;
  /** The next renewal finds what is stored, as after an eviction. */
  forget(): void;
}

export function gateHost(storage: ObjectStorage): GateHost {
  const rows = gateRows(storage.kv);
  let gate: GateState | undefined;
  return {
    apply(renewal, now) {
      try {
        const done = storage.transactionSync(() => {
          gate ??= rows.load();
          const result = step(gate, renewal, now);
          rows.store(gate, result.touched);
          return result;
        });
        // What was touched is nobody's concern any more, and needs no place in the answer.
        return { ...done, touched: untouched() };
      } catch (error) {
        // The step has changed what is in memory, and the storage has taken none of it: they must not differ. An invalid
        // renewal is refused before it changes anything; loading again for it would be an invitation.
        if (!(error instanceof InvalidRenewal)) gate = undefined;
        throw error;
      }
    },
    forget() {
      gate = undefined;
    },
  };
}
