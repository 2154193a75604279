/** Metrics of the fleet: what the shared gate has counted, and what health and the ledger say. */
import { TRANSITION_CAUSES } from "../gate/events.ts";
import { BREAKER_STATES, LANES, OUTCOMES, OVERRIDE_MODES, REFUSAL_REASONS } from "../gate/types.ts";
import { rowsOf } from "./metric.ts";

const counter = rowsOf("counter", "fleet");
const gauge = rowsOf("gauge", "fleet");
const GATE = { gate: [] };
const GATE_LANE = { gate: [], lane: LANES };

/** How a lane's permits are used. */
export const PERMIT_STATES = ["running", "reserved", "free"] as const;
/** Verdicts of health. */
export const HEALTH_STATUSES = ["healthy", "degraded", "unhealthy"] as const;
/** How restarts have ended that were fired. */
export const RESTART_OUTCOMES = ["executed", "failed"] as const;
/** How callers of kept answers were answered. */
export const KEPT_HOWS = ["loaded", "fresh", "refreshing", "shared", "stale", "missing"] as const;

export const FLEET = {
  tidegate_calls_total: counter(
    "calls",
    { ...GATE_LANE, outcome: OUTCOMES },
    "Calls that were let in and have ended, by how they count; ignored: a wrong statement, a caller who left.",
  ),
  tidegate_refusals_total: counter(
    "calls",
    { ...GATE_LANE, reason: REFUSAL_REASONS },
    "Calls that were not let in, by why.",
  ),
  tidegate_calls_run_seconds_total: counter(
    "seconds",
    GATE_LANE,
    "For how long calls have held permits, all together.",
  ),
  tidegate_calls_wait_seconds_total: counter(
    "seconds",
    GATE_LANE,
    "For how long calls that were let in have waited for their permits, all together.",
  ),
  tidegate_transitions_total: counter(
    "transitions",
    { ...GATE, to: BREAKER_STATES, cause: TRANSITION_CAUSES },
    "How often the breaker has changed its state, by where to and why.",
  ),
  tidegate_renewals_total: counter("messages", GATE, "Messages of instances to the gate."),
  tidegate_breaker_state: gauge("1", { ...GATE, state: BREAKER_STATES }, "1 for the state that the breaker is in."),
  tidegate_breaker_since_seconds: gauge("seconds", GATE, "For how long the breaker has been in its state."),
  tidegate_breaker_forced: gauge("1", { ...GATE, mode: OVERRIDE_MODES }, "1 for the mode that an operator has set."),
  tidegate_breaker_open_remaining_seconds: gauge("seconds", GATE, "Until probes may pass; 0 unless open."),
  tidegate_breaker_failed_recoveries: gauge(
    "times",
    GATE,
    "Failed recoveries in a row, each of which makes the open period longer.",
  ),
  tidegate_breaker_window_calls: gauge("calls", GATE, "Calls that count in the breaker's window."),
  tidegate_breaker_window_failures: gauge("calls", GATE, "Of these, those that failed."),
  tidegate_breaker_window_slow_calls: gauge("calls", GATE, "Of these, those that were slow."),
  tidegate_lane_capacity: gauge(
    "calls",
    GATE_LANE,
    "Calls that may run; fewer than configured for a second or two after an outage.",
  ),
  tidegate_permits: gauge(
    "permits",
    { ...GATE_LANE, state: PERMIT_STATES },
    "The capacity by its use: calls that run, permits that instances hold in reserve, and what is free.",
  ),
  tidegate_waiting_calls: gauge("calls", GATE_LANE, "Calls that wait for a permit."),
  tidegate_lane_full_seconds: gauge(
    "seconds",
    GATE_LANE,
    "For how long as many calls run as may and none has ended; 0 unless so.",
  ),
  tidegate_instances: gauge("instances", GATE, "Instances that are there, as far as the gate has heard."),
  tidegate_gates: gauge(
    "gates",
    { state: BREAKER_STATES },
    "Gates that the instance knows which answers, by the state that it last heard of.",
  ),
  tidegate_health_status: gauge("1", { status: HEALTH_STATUSES }, "1 for the verdict of /health."),
  tidegate_health_age_seconds: gauge("seconds", {}, "Age of that verdict."),
  tidegate_database_up: gauge("1", {}, "Whether the database answers pings; absent while that is not known."),
  tidegate_state_store_up: gauge("1", {}, "Whether the state store answers."),
  tidegate_restarts_total: counter(
    "restarts",
    { outcome: RESTART_OUTCOMES },
    "Restarts that were asked of the platform, by how that ended, since the life of the ledger began.",
  ),
  tidegate_restarts_in_window: gauge("restarts", {}, "Restarts that count towards churn."),
  tidegate_restart_cooldown_remaining_seconds: gauge(
    "seconds",
    {},
    "Until a restart is allowed again; 0 unless cooling down.",
  ),
  tidegate_restart_blocked: gauge("1", {}, "1 while restarts need an override."),
  tidegate_restart_churn_exceeded: gauge("1", {}, "1 while there were too many restarts."),
  tidegate_kept_answers_total: counter(
    "answers",
    { how: KEPT_HOWS },
    "Answers of kept routes and values, by how they came about; missing: the source was away, and nothing was kept.",
  ),
  tidegate_kept_stale_answers_total: counter(
    "answers",
    { code: [] },
    "Kept answers that stood in for a new one, by the code of why.",
  ),
};
