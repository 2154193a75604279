/** The whole gate as people want to see it. */
import { capacityInForce } from "./lanes.ts";
import type { GateView, LaneView } from "./renewal.ts";
import { type GateState, RING_SECONDS, type Second, type Session, type Totals } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { Lane } from "./types.ts";

/** As many instances as a view lists at most: those that came last. */
export const INSTANCES_SHOWN = 200;

export function view(turn: Turn, session: Session): GateView {
  const { core, gate, now } = turn;
  const lane = (name: Lane): LaneView => ({
    capacity: capacityInForce(turn, name),
    held: core.permits[name],
    running: core.running[name],
    waiting: core.waiting[name],
    fullSince: core.fullSince[name],
  });
  return {
    kind: "view",
    at: now,
    breaker: {
      state: core.state,
      since: core.since,
      openUntil: core.openUntil,
      openMs: Math.max(0, core.openUntil - now),
      probes: core.probes,
      successes: core.successes,
      failedRecoveries: core.failedRecoveries,
      lastFailureAt: core.lastFailureAt,
    },
    window: { calls: core.window.calls, failures: core.window.failures, slow: core.window.slow },
    override: core.override && { ...core.override, remainingMs: core.override.until - now },
    overrideVersion: core.overrideVersion,
    lanes: { request: lane("request"), slow: lane("slow"), health: lane("health") },
    totals: JSON.parse(JSON.stringify(gate.totals)) as Totals,
    seconds: lastSeconds(gate, now),
    transitions: [...gate.transitions],
    n: gate.present.size,
    rank: gate.present.placeOf(session.opened, ""),
    instances: gate.present
      .last(INSTANCES_SHOWN)
      .map((id) => {
        const { about, heard } = gate.sessions.get(id) as Session;
        return { session: id, about, heard };
      })
      .reverse(),
  };
}

/** The ring keeps what is older until its place is needed. */
function lastSeconds({ seconds }: GateState, now: number): Second[] {
  const recent = [...seconds.values()].filter(({ at }) => at > Math.floor(now / 1_000) - RING_SECONDS);
  return recent.map((second) => ({ ...second })).sort((one, other) => one.at - other.at);
}
