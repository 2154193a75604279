/**
 * Gates in figures. Of those that are shown by name they are the fleet's, whichever instance is asked; all others are
 * summed from what this instance has in hand.
 */
import { TRANSITION_CAUSES, type TransitionCause } from "../gate/events.ts";
import type { GateView, LaneView } from "../gate/renewal.ts";
import {
  BREAKER_STATES,
  type BreakerState,
  LANES,
  type Lane,
  OUTCOMES,
  OVERRIDE_MODES,
  QUEUED_LANES,
  type QueuedLane,
  REFUSAL_REASONS,
} from "../gate/types.ts";
import type { MetricName } from "./catalogue.ts";
import { type Family, family, flag, type Value } from "./family.ts";
import { OTHER } from "./registry.ts";

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

type Row = Value<MetricName>;
/** Of one gate; the label `gate` is put on. */
type Rows = (
  view: GateView,
) => readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];

export function gateMetrics(seen: GatesSeen): readonly Family[] {
  return [...counters(seen), ...breakers(seen), ...lanes(seen)];
}

/** Sums since the gate's life began. While an instance goes by a gate of its own it does not know them. */
function counters({ shown }: GatesSeen): readonly Family[] {
  const known = shown.filter(([, view]) => view.local !== true);
  const of = (name: MetricName, rows: Rows) => family(name, rowsOf(known, rows));
  const seconds = (name: MetricName, ms: (view: GateView) => Readonly<Record<Lane, number>>) =>
    of(name, (view) => LANES.map((lane) => ({ labels: { lane }, value: ms(view)[lane] / 1_000 })));
  return [
    of("tidegate_calls_total", ({ totals }) =>
      LANES.flatMap((lane) =>
        OUTCOMES.map((outcome) => ({ labels: { lane, outcome }, value: totals.calls[lane][outcome] })),
      ).filter(isTold),
    ),
    of("tidegate_refusals_total", ({ totals }) =>
      LANES.flatMap((lane) =>
        REFUSAL_REASONS.map((reason) => ({ labels: { lane, reason }, value: totals.refused[lane][reason] })),
      ).filter(isTold),
    ),
    seconds("tidegate_calls_run_seconds_total", ({ totals }) => totals.ranMs),
    seconds("tidegate_calls_wait_seconds_total", ({ totals }) => totals.waitedMs),
    of("tidegate_transitions_total", ({ totals }) =>
      TRANSITION_CAUSES.flatMap((cause) =>
        BREAKER_STATES.map((to) => ({ labels: { to, cause }, value: totals.causes[cause][to] })).filter(
          ({ labels: { to }, value }) => value > 0 || LEADS_TO[cause].includes(to),
        ),
      ),
    ),
    of("tidegate_renewals_total", ({ totals }) => [{ value: totals.renewals }]),
  ];
}

/** From 0 on, so that the first of a kind is an increase; pings that somebody refuses are news by themselves. */
const isTold = ({ labels, value }: { readonly labels: { readonly lane: Lane }; readonly value: number }): boolean =>
  labels.lane !== "health" || value > 0;

/** Where each cause takes a breaker. */
const LEADS_TO: Readonly<Record<TransitionCause, readonly BreakerState[]>> = {
  failure_rate: ["open"],
  slow_rate: ["open"],
  failure_run: ["open"],
  probe_failed: ["open"],
  open_period_over: ["half_open"],
  pings_succeeded: ["half_open"],
  probes_succeeded: ["closed"],
  override: ["closed", "open", "half_open"],
  override_ended: ["closed", "half_open"],
  adopted: ["closed", "open"],
};

function breakers({ shown }: GatesSeen): readonly Family[] {
  const of = (name: MetricName, rows: Rows) => family(name, rowsOf(shown, rows));
  const one = (name: MetricName, value: (view: GateView) => number) => of(name, (view) => [{ value: value(view) }]);
  return [
    of("tidegate_breaker_state", ({ breaker }) =>
      BREAKER_STATES.map((state) => ({ labels: { state }, value: flag(breaker.state === state) })),
    ),
    of("tidegate_breaker_since_seconds", ({ at, breaker: { since } }) =>
      since === 0 ? [] : [{ value: Math.max(0, at - since) / 1_000 }],
    ),
    of("tidegate_breaker_forced", ({ override }) =>
      OVERRIDE_MODES.map((mode) => ({ labels: { mode }, value: flag(override?.mode === mode) })),
    ),
    one("tidegate_breaker_open_remaining_seconds", ({ breaker }) => breaker.openMs / 1_000),
    one("tidegate_breaker_failed_recoveries", ({ breaker }) => breaker.failedRecoveries),
    one("tidegate_breaker_window_calls", ({ window }) => window.calls),
    one("tidegate_breaker_window_failures", ({ window }) => window.failures),
    one("tidegate_breaker_window_slow_calls", ({ window }) => window.slow),
    one("tidegate_instances", ({ n }) => n),
  ];
}

function lanes({ shown, others }: GatesSeen): readonly Family[] {
  const by = (value: (lane: LaneView, view: GateView) => number): Row[] =>
    rowsOf(shown, (view) => LANES.map((lane) => ({ labels: { lane }, value: value(view.lanes[lane], view) })));
  return [
    family(
      "tidegate_lane_capacity",
      by(({ capacity }) => capacity),
    ),
    family("tidegate_permits", [
      ...rowsOf(shown, (view) => LANES.flatMap((lane) => permitsOf(lane, view.lanes[lane]))),
      ...ofOthers(others, (lane) => [
        { labels: { lane, state: "running" }, value: sumOf(others, lane, "running") },
        { labels: { lane, state: "reserved" }, value: sumOf(others, lane, "held") - sumOf(others, lane, "running") },
      ]),
    ]),
    family("tidegate_waiting_calls", [
      ...by(({ waiting }) => waiting),
      ...ofOthers(others, (lane) => [{ labels: { lane }, value: sumOf(others, lane, "waiting") }]),
    ]),
    family(
      "tidegate_lane_full_seconds",
      by(({ fullSince }, { at }) => (fullSince === 0 ? 0 : (at - fullSince) / 1_000)),
    ),
  ];
}

/** Together they are the capacity; after a cut in it, more. */
function permitsOf(lane: Lane, { capacity, held, running }: LaneView) {
  const reserved = Math.max(0, held - running);
  return [
    { labels: { lane, state: "running" }, value: running },
    { labels: { lane, state: "reserved" }, value: reserved },
    { labels: { lane, state: "free" }, value: Math.max(0, capacity - running - reserved) },
  ];
}

const sumOf = (others: readonly HeldGate[], lane: QueuedLane, what: "held" | "running" | "waiting"): number =>
  others.reduce((sum, { lanes }) => sum + lanes[lane][what], 0);

/** Of this instance, since none of them was asked. */
const ofOthers = (others: readonly HeldGate[], rows: (lane: QueuedLane) => readonly Row[]): Row[] =>
  others.length === 0
    ? []
    : QUEUED_LANES.flatMap((lane) =>
        rows(lane).map(({ labels, value }) => ({ labels: { gate: OTHER, ...labels }, value })),
      );

const rowsOf = (gates: readonly SeenGate[], rows: Rows): Row[] =>
  gates.flatMap(([gate, view]) => rows(view).map(({ labels, value }) => ({ labels: { gate, ...labels }, value })));

/** @param gates All that this instance knows. */
export function gateCounts(gates: readonly HeldGate[]): readonly Family[] {
  const counts = BREAKER_STATES.map((state) => ({
    labels: { state },
    value: gates.filter(({ breaker }) => breaker === state).length,
  }));
  return [family("tidegate_gates", counts)];
}
