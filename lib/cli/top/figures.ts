/** Two readings made into what is shown: also what `--json` writes, so its names and units are a contract. */
import type { AnyVersion } from "../../contract/contract.ts";
import type { GatePart, SystemStatus, TransitionPart } from "../../contract/system.ts";
import type { Verdict } from "../verdict.ts";
import { type Durations, durationsOf, type Rates, ratesOf, type Span } from "./growth.ts";
import type { Reading } from "./reader.ts";
import { type Labels, numberOf, type Samples, samplesOf, wordOf } from "./samples.ts";

export const SHOWN_LANES = ["request", "slow", "health"] as const;
export type ShownLane = (typeof SHOWN_LANES)[number];

/** What is not known is null throughout. */
export interface Figures {
  readonly at: string;
  /** The time that rates and durations are of: since the reading before. */
  readonly over_seconds: number | null;
  readonly health: { readonly status: Verdict | null; readonly degraded_reason: string | null };
  readonly advice: { readonly action: string; readonly message: string } | null;
  readonly restarts: { readonly state: string; readonly cooldown_remaining_seconds: number } | null;
  /** States of all gates that are shown by name. */
  readonly gates: Readonly<Record<string, string>>;
  readonly gate: GateFigures;
  /** Of the instance that answers. */
  readonly http: (Durations & { readonly failed_per_second: number }) | null;
  readonly kept: {
    readonly entries: number | null;
    readonly bytes: number | null;
    readonly per_second: Rates | null;
  };
  readonly instances: number | null;
  /** An admin's alone, as events are. */
  readonly instance_list: AnyVersion<SystemStatus["instances"]> | null;
  /** The newest first. */
  readonly events: readonly GateEvent[] | null;
}

export type GateEvent = AnyVersion<TransitionPart> & { readonly gate: string };

export interface GateFigures {
  readonly name: string;
  readonly breaker: {
    readonly state: string | null;
    readonly since_seconds: number | null;
    readonly open_remaining_seconds: number | null;
    readonly window: Readonly<Record<"calls" | "failures" | "slow_calls", number | null>>;
    readonly forced: Forced | null;
  };
  readonly lanes: Readonly<Record<ShownLane, LaneFigures>>;
}

export type Forced = AnyVersion<NonNullable<GatePart["circuit_breaker"]["forced"]>>;

export interface LaneFigures {
  readonly capacity: number | null;
  readonly running: number | null;
  readonly reserved: number | null;
  readonly free: number | null;
  readonly waiting: number | null;
  readonly full_seconds: number | null;
  /** By outcome. */
  readonly calls_per_second: Rates | null;
  /** By reason. */
  readonly refused_per_second: Rates | null;
  /** Of the instance that answers. */
  readonly durations: Durations | null;
}

/** @param before Null: there is none yet. */
export function figuresOf(before: Reading | null, now: Reading, gate: string): Figures {
  const { samples, told, system } = now;
  const span = before && { before: before.samples, now: samples, seconds: (now.atMs - before.atMs) / 1_000 };
  const { advice, policy } = told ?? {};
  return {
    at: new Date(now.wallMs).toISOString(),
    over_seconds: span && Math.round(span.seconds * 1_000) / 1_000,
    health: { status: told?.status ?? null, degraded_reason: told?.reason ?? null },
    advice: advice?.action === undefined ? null : { action: advice.action, message: advice.message ?? "" },
    restarts: policy?.state
      ? { state: policy.state, cooldown_remaining_seconds: policy.cooldown_remaining_seconds ?? 0 }
      : null,
    gates: statesOf(samples),
    gate: gateOf(span, now, gate),
    http: httpOf(span),
    kept: {
      entries: numberOf(samples, "tidegate_kept_entries"),
      bytes: numberOf(samples, "tidegate_kept_bytes"),
      per_second: ratesOf(span, "tidegate_kept_answers_total", "how", {}),
    },
    instances: numberOf(samples, "tidegate_instances", { gate: "main" }),
    instance_list: system?.instances ?? null,
    events: system && eventsOf(system),
  };
}

export const statesOf = (samples: Samples): Readonly<Record<string, string>> =>
  Object.fromEntries(
    samplesOf(samples, "tidegate_breaker_state").flatMap(({ labels, value }) =>
      value === 1 ? [[labels.gate ?? "", labels.state ?? ""]] : [],
    ),
  );

function gateOf(span: Span | null, { samples, system }: Reading, gate: string): GateFigures {
  const breaker = (name: string) => numberOf(samples, `tidegate_breaker_${name}`, { gate });
  const mode = wordOf(samples, "tidegate_breaker_forced", "mode", { gate });
  return {
    name: gate,
    breaker: {
      state: wordOf(samples, "tidegate_breaker_state", "state", { gate }),
      since_seconds: breaker("since_seconds"),
      open_remaining_seconds: breaker("open_remaining_seconds"),
      window: {
        calls: breaker("window_calls"),
        failures: breaker("window_failures"),
        slow_calls: breaker("window_slow_calls"),
      },
      // Who it was is told to admins.
      forced: mode === null ? null : (system?.gates?.[gate]?.circuit_breaker?.forced ?? ({ mode } as Forced)),
    },
    lanes: Object.fromEntries(
      SHOWN_LANES.map((lane) => [lane, laneOf(span, samples, { gate, lane })]),
    ) as GateFigures["lanes"],
  };
}

function laneOf(span: Span | null, samples: Samples, labels: Labels): LaneFigures {
  const permits = (state: string) => numberOf(samples, "tidegate_permits", { ...labels, state });
  return {
    capacity: numberOf(samples, "tidegate_lane_capacity", labels),
    running: permits("running"),
    reserved: permits("reserved"),
    free: permits("free"),
    waiting: numberOf(samples, "tidegate_waiting_calls", labels),
    full_seconds: numberOf(samples, "tidegate_lane_full_seconds", labels),
    calls_per_second: ratesOf(span, "tidegate_calls_total", "outcome", labels),
    refused_per_second: ratesOf(span, "tidegate_refusals_total", "reason", labels),
    durations: durationsOf(span, "tidegate_call_duration_seconds", labels),
  };
}

const HTTP = "http_server_request_duration_seconds";

/** What this command asks for itself, and whoever else looks on. */
const WATCHING = /\/(?:metrics|health|admin\/api\/system-status)$/;
const isOthers = ({ http_route: route = "" }: Labels): boolean => !WATCHING.test(route);

function httpOf(span: Span | null): Figures["http"] {
  const all = durationsOf(span, HTTP, {}, isOthers);
  if (all === null) return null;
  const failed = durationsOf(span, HTTP, {}, (labels) => isOthers(labels) && isFailed(labels));
  return { ...all, failed_per_second: failed?.per_second ?? 0 };
}

const isFailed = ({ http_response_status_code: code = "" }: Labels): boolean => code.startsWith("5");

/** The newest first. */
function eventsOf({ gates }: AnyVersion<SystemStatus>): readonly GateEvent[] {
  const events = Object.entries(gates ?? {}).flatMap(([gate, part]) =>
    // Of those of one moment the last came last.
    (part?.transitions ?? []).map((event): GateEvent => ({ ...event, gate })).reverse(),
  );
  return events.sort((one, other) => (other.at ?? "").localeCompare(one.at ?? ""));
}
