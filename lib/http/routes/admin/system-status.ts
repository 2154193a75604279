/** `GET /admin/api/system-status`: the whole system as its operators see it. */
import type { GateView, LaneView } from "../../../gate/renewal.ts";
import { MAIN_GATE } from "../../../guard/names.ts";
import { iso } from "./units.ts";

/** The health payload, of which most of this is made. */
export type HealthParts = Readonly<Record<string, unknown>>;

export interface SystemStatus {
  readonly health: HealthParts;
  readonly resilience: HealthParts;
  readonly cooldownRemainingSeconds: number;
  /** The main one and those that were first called. */
  readonly gates: readonly (readonly [name: string, view: GateView | null])[];
  /** How many there are in the instance. */
  readonly gatesTotal: number;
  readonly worker: { readonly pid: number } | null;
}

export function systemStatus(seen: SystemStatus): object {
  const { health, resilience, cooldownRemainingSeconds, gates, gatesTotal, worker } = seen;
  const { services, state_store: stateStore, database_pool: pool } = health as Record<string, Record<string, unknown>>;
  const { degraded_reason: degradedReason, runtime_contract: runtimeContract, errors = [] } = health;
  const main = gates.find(([name]) => name === MAIN_GATE)?.[1] ?? null;
  return {
    database: { status: services?.database, error: (errors as unknown[])[0] ?? null },
    redis: { status: services?.redis, enabled: services?.redis !== "disabled" },
    state_store: stateStore,
    circuit_breaker: { ...(health.circuit_breaker as object), forced: forcedOf(main) },
    runtime_resilience: {
      degraded_reason: degradedReason,
      pool_runtime: pool?.runtime,
      pool_state: pool?.state,
      ...resilience,
      restart_cooldown: { active: cooldownRemainingSeconds > 0, remaining_seconds: cooldownRemainingSeconds },
    },
    runtime_contract: runtimeContract,
    gates: Object.fromEntries(gates.map(([name, view]) => [name, view && gateOf(view)])),
    gates_total: gatesTotal,
    instances: (main?.instances ?? []).map(({ session, about, heard }) => ({
      id: session,
      runtime: about.runtime,
      ...(about.region !== "" && { region: about.region }),
      version: about.version,
      started_at: iso(about.startedAt),
      last_seen_at: iso(heard),
    })),
    // However many workers there are, they share one port.
    ...(worker && { single_port_bind: true, worker_pid: worker.pid }),
  };
}

/** With who and why, which are for operators alone. */
function forcedOf(view: GateView | null): object | null {
  if (!view?.override) return null;
  const { mode, until, actor, reason } = view.override;
  return { mode, until: iso(until), actor, reason };
}

function gateOf(view: GateView): object {
  const { breaker, window, overrideVersion, lanes, seconds, transitions } = view;
  return {
    circuit_breaker: {
      state: breaker.state.toUpperCase(),
      since: iso(breaker.since),
      open_until: breaker.openUntil === 0 ? null : iso(breaker.openUntil),
      failed_recoveries: breaker.failedRecoveries,
      total_count: window.calls,
      failure_count: window.failures,
      slow_count: window.slow,
      forced: forcedOf(view),
    },
    override_version: overrideVersion,
    lanes: Object.fromEntries(Object.entries(lanes).map(([name, lane]) => [name, laneOf(lane)])),
    seconds: seconds.map(({ at, running, ...second }) => ({ at: iso(at * 1_000), ...second, permits: running })),
    transitions: transitions.map((transition) => ({
      ...transition,
      at: iso(transition.at),
      ...(transition.kind === "override" && { until: iso(transition.until) }),
    })),
  };
}

/** `held` is the contract's word for permits in use; `leased` are all that instances hold, those in reserve too. */
function laneOf({ capacity, held, running, waiting, fullSince }: LaneView): object {
  return {
    capacity,
    held: running,
    free: Math.max(0, capacity - running),
    leased: held,
    waiting,
    full_since: fullSince === 0 ? null : iso(fullSince),
  };
}
