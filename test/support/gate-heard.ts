/** What an instance has heard of a gate and holds of it, made up for tests of the gate client's parts. */
import type { LaneGrant, Renewal, RenewalReply } from "../../lib/gate/renewal.ts";
import type { Lane } from "../../lib/gate/types.ts";
import {
  type Held,
  type Holdings,
  type Known,
  type Mutable,
  noHoldings,
} from "../../lib/guard/gate-client/holdings.ts";
import type { Moment } from "../../lib/guard/gate-client/moment.ts";
import { composed, type Demand, hear, type Terms } from "../../lib/guard/gate-client/telling.ts";
import { ABOUT, RULES } from "./gate-renewal.ts";

/** So much has passed on both clocks since the test began. */
export const at = (ms: number): Moment => ({ monotonicMs: ms, wallMs: 1_000_000 + ms });

export const NOBODY: Readonly<Record<Lane, number>> = { request: 0, slow: 0, health: 0 };
export const DEMAND: Demand = { waiting: NOBODY, waitedMs: NOBODY, owed: NOBODY, leaves: false, open: null };
export const TERMS: Terms = {
  ...{ session: "a", jitter: 0, roundTripMs: 1, config: RULES, commands: [], about: ABOUT, keepsNothing: false },
};

const grant = (lane: Partial<LaneGrant> = {}): LaneGrant => ({
  ...{ permits: 0, allow: 0, probes: 0, crowded: false, waiting: 0 },
  ...lane,
});

export interface Heard extends Omit<Partial<Known>, "breaker" | "lanes"> {
  readonly breaker?: Partial<Known["breaker"]>;
  readonly lanes?: Partial<Record<Lane, Partial<LaneGrant>>>;
}

/** An answer of a closed gate that grants nothing, but for what is said. */
export function replied({ breaker, lanes, ...rest }: Heard = {}): Known {
  return {
    known: true,
    n: 1,
    life: 7,
    generation: 3,
    overrideVersion: 0,
    breaker: { state: "closed", refusal: null, retryAfterMs: 0, probeMs: 10_000, ...breaker },
    override: null,
    lanes: { request: grant(lanes?.request), slow: grant(lanes?.slow), health: grant(lanes?.health) },
    leaseMs: 2_000,
    renewWithinMs: 250,
    fleet: { n: 1, rank: 0 },
    replies: [],
    ...rest,
  };
}

/** Asks and hears the answer, at one moment. @returns What was asked. */
export function hears(own: Holdings, answer: RenewalReply, now = at(0), demand: Partial<Demand> = {}): Renewal {
  const renewal = composed(own, { ...DEMAND, ...demand }, TERMS, now);
  hear(own, answer, renewal, now, now, { ...NOBODY, ...demand.owed });
  return renewal;
}

/** Who has heard that at 0, and has these lanes. */
export function holding(answer: Heard = {}, lanes: Partial<Record<Lane, Partial<Mutable<Held>>>> = {}): Holdings {
  const own = noHoldings();
  hears(own, replied(answer));
  for (const [lane, held] of Object.entries(lanes)) Object.assign(own.lanes[lane as Lane], held);
  return own;
}
