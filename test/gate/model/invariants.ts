/** What must hold of a step, whatever happened before it; what must hold of a state is in `gate-checks`. */
import { capacityInForce } from "../../../lib/gate/lanes.ts";
import type { Renewal, RenewalReply } from "../../../lib/gate/renewal.ts";
import type { Core, GateState, Session } from "../../../lib/gate/state.ts";
import type { Turn } from "../../../lib/gate/turn.ts";
import { LANES, type Lane } from "../../../lib/gate/types.ts";

export class InvariantBroken extends Error {}

function must(holds: boolean, what: string, found?: unknown): void {
  if (!holds) throw new InvariantBroken(found === undefined ? what : `${what}: ${JSON.stringify(found)}`);
}

/** A gate as it was before a step. */
export interface Seen {
  readonly core: Core | null;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly renewals: number;
}

export function look({ core, sessions, totals }: GateState): Seen {
  const copied = [...sessions].map(([id, { lanes, ...session }]) => {
    const { request, slow, health } = lanes;
    return [id, { ...session, lanes: { request: { ...request }, slow: { ...slow }, health: { ...health } } }] as const;
  });
  const copy = core && {
    ...core,
    permits: { ...core.permits },
    owed: { ...core.owed },
    fullSince: { ...core.fullSince },
  };
  return { core: copy, sessions: new Map(copied), renewals: totals.renewals };
}

/** It was told something new by somebody it knows, or knows by now. */
export const isNews = ({ session, n }: Renewal, before: Seen, reply: RenewalReply): boolean =>
  reply.known && n > (before.sessions.get(session)?.n ?? 0);

/** It brings what it holds into a life, or back. */
export const adopts = ({ life, opens }: Renewal): boolean => opens !== null && life !== null;

export function holdsBounds(renewal: Renewal, before: Seen, gate: GateState, reply: RenewalReply): void {
  const core = gate.core as Core;
  for (const number of ["life", "generation", "overrideVersion"] as const) {
    must(core[number] >= (before.core?.[number] ?? 0), `${number} only grows`, core[number]);
  }
  must(reply.life === core.life && reply.n === renewal.n, "the reply is of this life and this renewal", reply);
  if (!reply.known) return;
  repliesWithinBounds(reply);
  const was = before.sessions.get(renewal.session);
  const isKnown = core.life === before.core?.life && was?.opened === gate.sessions.get(renewal.session)?.opened;
  if (isKnown && was && renewal.n <= was.n) changesNothing(renewal, before, was, gate);
  if (!adopts(renewal) && isNews(renewal, before, reply)) {
    for (const lane of LANES) grantsFitIn(renewal, isKnown ? was : undefined, gate, core, lane);
  }
}

function repliesWithinBounds(reply: RenewalReply & { known: true }): void {
  const { lanes, leaseMs, renewWithinMs, fleet, breaker } = reply;
  for (const lane of LANES) {
    const { permits, allow, probes, waiting } = lanes[lane];
    must(
      [permits, allow, probes, waiting].every((part) => Number.isInteger(part) && part >= 0),
      "whole",
      lanes[lane],
    );
    must(allow <= permits, "nothing may be used that is not held", lanes[lane]);
  }
  must(leaseMs >= 2_000 && leaseMs < 1e9 && renewWithinMs >= 250, "a lease outlasts renewals", [
    leaseMs,
    renewWithinMs,
  ]);
  must(fleet.rank >= 0 && fleet.rank <= fleet.n, "a place among those that are there", fleet);
  must(breaker.retryAfterMs >= 0 && breaker.probeMs >= 0, "what is over is not told", breaker);
  must((breaker.refusal === null) === (breaker.state === "closed"), "refused unless closed", breaker);
}

/** But what time did to it. */
function changesNothing({ session: id }: Renewal, before: Seen, was: Session, gate: GateState): void {
  const session = gate.sessions.get(id);
  must(gate.totals.renewals === before.renewals, "who was heard is not counted again");
  if (was.due <= (gate.core as Core).clock || session?.opened !== was.opened) return;
  // `wake` and a lost claim are of another's renewal.
  must(JSON.stringify(session) === JSON.stringify({ ...was, lanes: session?.lanes }), "nothing changes", session);
  must(JSON.stringify(session?.lanes) === JSON.stringify(was.lanes), "nothing changes", session?.lanes);
}

/** Whatever is more than before finds room, and probes are as many as may be. */
function grantsFitIn(renewal: Renewal, was: Session | undefined, gate: GateState, core: Core, lane: Lane): void {
  const now = gate.sessions.get(renewal.session)?.lanes[lane];
  if (!now) return;
  const { keep, probes } = renewal.lanes[lane];
  const [kept, keptProbes] = [
    Math.min(keep, was?.lanes[lane].permits ?? 0),
    Math.min(probes, was?.lanes[lane].probes ?? 0),
  ];
  const { config } = renewal;
  if (now.permits + now.probes > kept + keptProbes) {
    const capacity = capacityInForce({ core, config, now: core.clock } as Turn, lane);
    const out = core.permits[lane] + core.owed[lane];
    must(out <= capacity, `${lane}: never granted above capacity`, [out, capacity]);
  }
  if (now.probes > keptProbes) must(core.probes <= config.probes, "so many probes at most", core.probes);
}
