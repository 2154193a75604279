/** The gate as a machine that a store can run. */
import type { Renewal } from "./renewal.ts";
import { emptyGate, type GateState } from "./state.ts";
import { type Step, step } from "./step.ts";

/** @property name Part of the key: a state in another form has another name, and is never mistaken for this one. */
export const gateMachine: {
  readonly name: "leases";
  readonly empty: () => GateState;
  readonly step: (gate: GateState, renewal: Renewal, now: number) => Step;
} = { name: "leases", empty: emptyGate, step };
