/** Machines that tests run in a store, known by their names at both ends of a wire. */
import type { Batch } from "../../lib/gate/commands.ts";
import { emptyGate, type GateState } from "../../lib/gate/state.ts";
import { type Step, step } from "../../lib/gate/step.ts";
import type { Machine } from "../../lib/store/port.ts";

export const gateMachine: Machine<GateState, Batch, Step> = { name: "gate", empty: emptyGate, step };

/** Stands for any machine that no store has heard of. */
export const counter: Machine<{ sum: number }, number, { sum: number }> = {
  name: "counter",
  empty: () => ({ sum: 0 }),
  step: (state, add) => {
    state.sum += add;
    return { sum: state.sum, wake: [] };
  },
};
