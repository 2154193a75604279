/** What a view shows, by the plain telling; without the lists, which are held elsewhere. */
import type { GateView } from "../../../lib/gate/replies.ts";
import type { Lane } from "../../../lib/gate/types.ts";
import type { Reference } from "./reference.ts";
import type { Moment } from "./reference-breaker.ts";

export type BriefView = Omit<GateView, "seconds" | "transitions" | "instances">;

export function briefView(reference: Reference, moment: Moment, asking: string): BriefView {
  const { breaker, sessions } = reference;
  const { state, since, openUntil, failedRecoveries, lastFailureAt, override } = breaker;
  const lane = (name: Lane) => ({
    free: reference.free(moment, name),
    waiting: reference.line(name).length,
    capacity: reference.capacity(moment, name),
    held: reference.held(name),
    fullSince: reference.fullSince[name],
  });
  const recent = sessions.filter(({ heard }) => heard >= Math.floor(moment.now / 10_000) * 10_000 - 60_000);
  const before = sessions.slice(
    0,
    sessions.findIndex(({ id }) => id === asking),
  );
  return {
    kind: "view",
    at: moment.now,
    breaker: {
      state,
      since,
      openUntil,
      openMs: Math.max(0, openUntil - moment.now),
      probes: reference.probes().length,
      successes: breaker.probeSuccesses,
      failedRecoveries,
      lastFailureAt,
    },
    window: breaker.window(moment),
    override: override && { ...override, remainingMs: override.until - moment.now },
    overrideVersion: breaker.overrideVersion,
    lanes: { request: lane("request"), slow: lane("slow"), health: lane("health") },
    n: recent.length,
    rank: before.filter((session) => recent.includes(session)).length,
  };
}
