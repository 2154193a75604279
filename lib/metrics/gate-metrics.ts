/** A gate in figures. They are the fleet's, whichever instance is asked: gauges all, since no instance counts for others. */
import type { GateView, LaneView } from "../gate/renewal.ts";
import { type BreakerState, LANES, type OverrideMode } from "../gate/types.ts";
import type { Family, Sample } from "./exposition.ts";

const STATES: readonly BreakerState[] = ["closed", "open", "half_open"];
const MODES: readonly OverrideMode[] = ["force_open", "force_closed", "observe"];
const RECENT_SECONDS = 60;

export type SeenGate = readonly [name: string, view: GateView];

export function gateMetrics(gates: readonly SeenGate[]): readonly Family[] {
  const family = (name: string, help: string, samples: (view: GateView) => readonly Sample[]): Family => ({
    name: `tidegate_${name}`,
    help,
    samples: gates.flatMap(([gate, view]) =>
      samples(view).map(({ labels, value }) => ({ labels: { gate, ...labels }, value })),
    ),
  });
  const one = (name: string, help: string, value: (view: GateView) => number) =>
    family(name, help, (view) => [{ value: value(view) }]);
  const byLane = (name: string, help: string, value: (lane: LaneView, view: GateView) => number) =>
    family(name, help, (view) => LANES.map((lane) => ({ labels: { lane }, value: value(view.lanes[lane], view) })));
  const recent = (name: string, help: string, of: "calls" | "failures" | "slow" | "refused") =>
    one(name, help, ({ seconds, at }) =>
      seconds
        .filter((second) => second.at > Math.floor(at / 1_000) - RECENT_SECONDS)
        .reduce((sum, second) => sum + second[of], 0),
    );

  return [
    family("breaker_state", "1 for the state that the breaker is in.", ({ breaker }) =>
      STATES.map((state) => ({ labels: { state }, value: flag(breaker.state === state) })),
    ),
    family("breaker_forced", "1 for the mode that an operator has set.", ({ override }) =>
      MODES.map((mode) => ({ labels: { mode }, value: flag(override?.mode === mode) })),
    ),
    one(
      "breaker_open_remaining_seconds",
      "Until probes may pass; 0 unless open.",
      ({ breaker }) => breaker.openMs / 1_000,
    ),
    one("breaker_failed_recoveries", "Open periods in a row.", ({ breaker }) => breaker.failedRecoveries),
    one("breaker_window_calls", "Calls that count in the breaker's window.", ({ window }) => window.calls),
    one("breaker_window_failures", "Of these, those that failed.", ({ window }) => window.failures),
    one("breaker_window_slow_calls", "Of these, those that were slow.", ({ window }) => window.slow),
    byLane("lane_capacity", "Calls that may run, the ramp after an outage included.", ({ capacity }) => capacity),
    byLane("lane_held", "Calls that run.", ({ running }) => running),
    byLane("lane_leased", "Permits that instances hold, in use or in reserve.", ({ held }) => held),
    byLane("lane_waiting", "Calls that wait for a permit.", ({ waiting }) => waiting),
    byLane(
      "lane_full_seconds",
      "Since when as many calls run as may and none has ended; 0 unless so.",
      ({ fullSince }, { at }) => (fullSince === 0 ? 0 : (at - fullSince) / 1_000),
    ),
    recent("calls_last_minute", "Calls that ended in the last 60 s.", "calls"),
    recent("failures_last_minute", "Of these, those that failed.", "failures"),
    recent("slow_calls_last_minute", "Of these, those that were slow.", "slow"),
    recent("refusals_last_minute", "Calls that were refused in the last 60 s.", "refused"),
    one("instances", "Instances that are there, as far as the gate has heard.", ({ n }) => n),
  ];
}

export const flag = (holds: boolean): number => (holds ? 1 : 0);
