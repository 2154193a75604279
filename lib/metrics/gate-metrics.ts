/**
 * Gates in figures: gauges all, since no instance counts for others. Of gates that are shown by name they are the fleet's,
 * whichever instance is asked; all others are summed from what this instance has in hand.
 */
import type { GateView, LaneView } from "../gate/renewal.ts";
import {
  BREAKER_STATES,
  type BreakerState,
  LANES,
  OVERRIDE_MODES,
  QUEUED_LANES,
  type QueuedLane,
} from "../gate/types.ts";
import type { Family, Sample } from "./exposition.ts";

const RECENT_SECONDS = 60;

/** The label of those that are not shown by name: a gate that is called so is one of them, as soon as there are any. */
export const OTHER_GATES = "other";

const OF_OTHERS = `gate="${OTHER_GATES}": in this instance, over all gates that are not named.`;

export type SeenGate = readonly [name: string, view: GateView];

/** A gate as its instance has it in memory, as far as it is counted. */
export interface HeldGate {
  readonly breaker: BreakerState;
  readonly lanes: Readonly<Record<QueuedLane, Readonly<Record<"held" | "running" | "waiting", number>>>>;
}

export interface GatesSeen {
  readonly shown: readonly SeenGate[];
  /** Those of which nobody asked. */
  readonly others: readonly HeldGate[];
}

export function gateMetrics({ shown, others }: GatesSeen): readonly Family[] {
  const family = (name: string, help: string, samples: (view: GateView) => readonly Sample[]): Family => ({
    name: `tidegate_${name}`,
    help,
    samples: shown.flatMap(([gate, view]) =>
      samples(view).map(({ labels, value }) => ({ labels: { gate, ...labels }, value })),
    ),
  });
  const one = (name: string, help: string, value: (view: GateView) => number) =>
    family(name, help, (view) => [{ value: value(view) }]);
  const byLane = (name: string, help: string, value: (lane: LaneView, view: GateView) => number) =>
    family(name, help, (view) => LANES.map((lane) => ({ labels: { lane }, value: value(view.lanes[lane], view) })));
  /** A sum of what others hold; of this instance, since none of them was asked. */
  const held = (
    name: string,
    help: string,
    of: (lane: LaneView) => number,
    own: keyof HeldGate["lanes"]["request"],
  ) => {
    const seen = byLane(name, `${help} ${OF_OTHERS}`, of);
    if (others.length === 0) return seen;
    const sums = QUEUED_LANES.map((lane) => ({
      labels: { gate: OTHER_GATES, lane },
      value: others.reduce((sum, { lanes }) => sum + lanes[lane][own], 0),
    }));
    return { ...seen, samples: [...seen.samples, ...sums] };
  };
  const recent = (name: string, help: string, of: "calls" | "failures" | "slow" | "refused") =>
    one(name, help, ({ seconds, at }) =>
      seconds
        .filter((second) => second.at > Math.floor(at / 1_000) - RECENT_SECONDS)
        .reduce((sum, second) => sum + second[of], 0),
    );

  return [
    family("breaker_state", "1 for the state that the breaker is in.", ({ breaker }) =>
      BREAKER_STATES.map((state) => ({ labels: { state }, value: flag(breaker.state === state) })),
    ),
    family("breaker_forced", "1 for the mode that an operator has set.", ({ override }) =>
      OVERRIDE_MODES.map((mode) => ({ labels: { mode }, value: flag(override?.mode === mode) })),
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
    held("lane_held", "Calls that run.", ({ running }) => running, "running"),
    held("lane_leased", "Permits that instances hold, in use or in reserve.", (lane) => lane.held, "held"),
    held("lane_waiting", "Calls that wait for a permit.", ({ waiting }) => waiting, "waiting"),
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

/** @param gates All that this instance knows. */
export function gateCounts(gates: readonly HeldGate[]): readonly Family[] {
  const samples = BREAKER_STATES.map((state) => ({
    labels: { state },
    value: gates.filter(({ breaker }) => breaker === state).length,
  }));
  return [{ name: "tidegate_gates", help: "Gates of this instance, by the state that it last heard of.", samples }];
}

export const flag = (holds: boolean): number => (holds ? 1 : 0);
