/** The whole gate as people want to see it. */
import { capacityInForce, freePermits } from "./lanes.ts";
import type { GateView, LaneRoom } from "./replies.ts";
import { present } from "./sessions.ts";
import { type GateState, RING_SECONDS, type Second } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { Lane } from "./types.ts";

/** As many instances as a view lists at most. */
const INSTANCES_SHOWN = 200;

export function room(turn: Turn, lane: Lane): LaneRoom {
  return { free: freePermits(turn, lane), waiting: lane === "health" ? 0 : turn.gate.lines[lane].length };
}

export function view(turn: Turn, session: string): GateView {
  const { core, gate, now } = turn;
  const { n, rank, sessions } = present(turn, session);
  const lane = (name: Lane) => ({
    ...room(turn, name),
    capacity: capacityInForce(turn, name),
    held: core.held[name],
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
      probes: core.probes.length,
      successes: core.successes,
      failedRecoveries: core.failedRecoveries,
      lastFailureAt: core.lastFailureAt,
    },
    window: { calls: core.window.calls, failures: core.window.failures, slow: core.window.slow },
    override: core.override && { ...core.override, remainingMs: core.override.until - now },
    overrideVersion: core.overrideVersion,
    lanes: { request: lane("request"), slow: lane("slow"), health: lane("health") },
    seconds: lastSeconds(gate, now),
    transitions: [...gate.transitions],
    n,
    rank,
    instances: sessions.slice(-INSTANCES_SHOWN).map(([id, { about, heard }]) => ({ session: id, about, heard })),
  };
}

/** The ring keeps what is older until its place is needed. */
function lastSeconds({ seconds }: GateState, now: number): Second[] {
  const recent = [...seconds.values()].filter(({ at }) => at > Math.floor(now / 1_000) - RING_SECONDS);
  return recent.map((second) => ({ ...second })).sort((one, other) => one.at - other.at);
}
