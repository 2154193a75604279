/** What a gate reports as having happened: returned by a step, never logged there. */
import type { BreakerState, OverrideMode, QueuedLane } from "./types.ts";

export type TransitionCause =
  | "failure_rate"
  | "slow_rate"
  | "failure_run"
  | "probe_failed"
  | "open_period_over"
  | "probes_succeeded"
  | "override"
  | "override_ended"
  | "adopted";

export type GateEvent =
  | {
      readonly kind: "transition";
      readonly at: number;
      readonly from: BreakerState;
      readonly to: BreakerState;
      readonly cause: TransitionCause;
      readonly generation: number;
    }
  | {
      readonly kind: "override";
      readonly at: number;
      readonly mode: OverrideMode | "auto";
      readonly until: number;
      readonly actor: string;
      readonly reason: string;
    }
  /** An operator's `observe` kept the breaker closed. */
  | { readonly kind: "would_open"; readonly at: number; readonly cause: TransitionCause }
  | { readonly kind: "life"; readonly at: number; readonly life: number };

export interface Wake {
  readonly session: string;
  readonly lane: QueuedLane;
}
