/** The gate as a machine that a store can run. */
import type { Batch } from "../../gate/commands.ts";
import { emptyGate, type GateState } from "../../gate/state.ts";
import { type Step, step } from "../../gate/step.ts";
import type { Machine } from "../../store/port.ts";

export const gateMachine: Machine<GateState, Batch, Step> = { name: "gate", empty: emptyGate, step };
