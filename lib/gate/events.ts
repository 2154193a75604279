/** What a gate reports as having happened: returned by a step, logged once that is committed. Rule 18. */
import type { BreakerState, OperateMode } from "./types.ts";

/** Why a breaker changed its state. */
export type TransitionCause =
  | "failure_rate"
  | "slow_rate"
  | "failure_run"
  | "probe_failed"
  | "open_period_over"
  | "pings_succeeded"
  | "probes_succeeded"
  | "override"
  | "override_ended"
  | "adopted";
/** In the order in which they are counted, and stored: another one would need a place behind all that is there. */
export const TRANSITION_CAUSES: readonly TransitionCause[] = [
  "failure_rate",
  "slow_rate",
  "failure_run",
  "probe_failed",
  "open_period_over",
  "pings_succeeded",
  "probes_succeeded",
  "override",
  "override_ended",
  "adopted",
];

/** What has happened to a gate; times are milliseconds since 1970, on the store's clock. */
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
      readonly mode: OperateMode;
      readonly until: number;
      readonly actor: string;
      readonly reason: string;
    }
  /** `observe`, an operator's or the sender's, kept the breaker from opening. */
  | { readonly kind: "would_open"; readonly at: number; readonly cause: TransitionCause }
  | { readonly kind: "life"; readonly at: number; readonly life: number };
