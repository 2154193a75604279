/** Machines that tests run in a store, known by their names at both ends of a wire. */
import { gateMachine } from "../../lib/gate/machine.ts";
import type { Machine } from "../../lib/store/port.ts";

export { gateMachine };

/** Stands for any machine that no store has heard of. */
export const counter: Machine<{ sum: number }, number, { sum: number }> = {
  name: "counter",
  empty: () => ({ sum: 0 }),
  step: (state, add) => {
    state.sum += add;
    return { sum: state.sum, push: [] };
  },
};
