/** `GET /admin/api/system-status`: the whole system as its operators see it. */
import type { HealthPayload } from "../../../contract/health.ts";
import type { KeptStatus } from "../../../contract/kept.ts";
import type { ForcedByOperator, Resilience } from "../../../contract/parts.ts";
import type { GatePart, LanePart, SystemStatus, TransitionPart } from "../../../contract/system.ts";
import { iso, isoOrNull, upperCase } from "../../../contract/units.ts";
import type { GateEvent } from "../../../gate/events.ts";
import type { GateView, LaneView } from "../../../gate/renewal.ts";
import { MAIN_GATE } from "../../../guard/names.ts";

export interface SystemSeen {
  /** The health payload, of which most of this is made. */
  readonly health: HealthPayload;
  readonly resilience: Resilience;
  readonly cooldownRemainingSeconds: number;
  /** The main one and those that were first called. */
  readonly gates: readonly (readonly [name: string, view: GateView | null])[];
  /** How many there are in the instance. */
  readonly gatesTotal: number;
  readonly kept: KeptStatus;
  readonly worker: { readonly pid: number } | null;
  /** Where it listens, if it does so itself. */
  readonly listen: { readonly host: string; readonly port: number };
}

export function systemStatus(seen: SystemSeen): SystemStatus {
  const { health, resilience, cooldownRemainingSeconds, gates, gatesTotal, kept, worker, listen } = seen;
  const { services, database_pool: pool, errors = [] } = health;
  const main = gates.find(([name]) => name === MAIN_GATE)?.[1] ?? null;
  return {
    database: { status: services.database, error: errors[0] ?? null },
    redis: { status: services.redis, enabled: services.redis !== "disabled" },
    state_store: health.state_store,
    circuit_breaker: { ...health.circuit_breaker, forced: forcedOf(main) },
    runtime_resilience: {
      degraded_reason: health.degraded_reason,
      pool_runtime: pool.runtime,
      pool_state: pool.state,
      ...resilience,
      restart_cooldown: { active: cooldownRemainingSeconds > 0, remaining_seconds: cooldownRemainingSeconds },
    },
    runtime_contract: health.runtime_contract,
    computed_at: health.computed_at,
    gates: Object.fromEntries(gates.map(([name, view]) => [name, view && gateOf(view, health.gates?.[name])])),
    gates_total: gatesTotal,
    kept,
    instances: (main?.instances ?? []).map(({ session, about, heard }) => ({
      id: session,
      runtime: about.runtime,
      ...(about.region !== "" && { region: about.region }),
      version: about.version,
      started_at: iso(about.startedAt),
      last_seen_at: iso(heard),
    })),
    // However many workers there are, they share one port.
    ...(worker && { single_port_bind: bindOf(listen), worker_pid: worker.pid }),
  };
}

/** An IPv6 address in brackets, as in a URL. */
const bindOf = ({ host, port }: SystemSeen["listen"]): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** With who and why, which are for operators alone. */
export function forcedOf(view: GateView | null): ForcedByOperator | null {
  if (!view?.override) return null;
  const { mode, until, actor, reason } = view.override;
  return { mode, until: iso(until), actor, reason };
}

function gateOf(view: GateView, ping: GatePart["ping"]): GatePart {
  const { breaker, window, overrideVersion, lanes, seconds, transitions } = view;
  return {
    ...(ping && { ping }),
    circuit_breaker: {
      state: upperCase(breaker.state),
      since: iso(breaker.since),
      open_until: isoOrNull(breaker.openUntil),
      failed_recoveries: breaker.failedRecoveries,
      total_count: window.calls,
      failure_count: window.failures,
      slow_count: window.slow,
      forced: forcedOf(view),
    },
    override_version: overrideVersion,
    lanes: { request: laneOf(lanes.request), slow: laneOf(lanes.slow), health: laneOf(lanes.health) },
    seconds: seconds.map(({ at, running, ...second }) => ({ at: iso(at * 1_000), ...second, permits: running })),
    transitions: transitions.map(transitionOf),
  };
}

function transitionOf(event: GateEvent): TransitionPart {
  const at = iso(event.at);
  return event.kind === "override" ? { ...event, at, until: iso(event.until) } : { ...event, at };
}

/** `held` is the contract's word for permits in use; `leased` are all that instances hold, those in reserve too. */
function laneOf({ capacity, held, running, waiting, fullSince }: LaneView): LanePart {
  return {
    capacity,
    held: running,
    free: Math.max(0, capacity - running),
    leased: held,
    waiting,
    full_since: isoOrNull(fullSince),
  };
}
