/** What the models leave to the policy, and the rules ask of it beyond one renewal. */
import { expect, test } from "vitest";
import type { LaneGrant, LaneReport, Renewal } from "../../../lib/gate/renewal.ts";
import { emptyGate } from "../../../lib/gate/state.ts";
import { step } from "../../../lib/gate/step.ts";
import type { GateConfig } from "../../../lib/gate/types.ts";
import { firstOpening, NOTHING, RULES, renewalOf, START } from "../../support/gate.ts";

class Fleet {
  readonly gate = emptyGate();
  readonly #config: GateConfig;
  #n = 0;
  now = START;

  constructor(config: Partial<GateConfig>) {
    this.#config = { ...RULES, ...config };
  }

  renews(session: string, asks: Partial<LaneReport>, said: Partial<Renewal> = {}): LaneGrant {
    const lanes = { request: { ...NOTHING, ...asks }, slow: NOTHING, health: NOTHING };
    const renewal = renewalOf(session, { n: ++this.#n, config: this.#config, lanes, ...said });
    const { reply } = step(this.gate, renewal, this.now);
    if (!reply.known) throw new Error(`renew as ${session}: expected a session, found none`);
    return reply.lanes.request;
  }

  failed(probe: boolean): Partial<Renewal> {
    const generation = this.gate.core?.generation ?? 0;
    return { votes: [{ generation, probe, calls: 1, failures: 1, slow: 0, ignored: 0, retryAfterMs: 0 }] };
  }
}

test("permits that were adopted above the capacity are given back by instances that would use all of them", () => {
  const fleet = new Fleet({ capacity: { ...RULES.capacity, request: 2 } });
  const usable = { a: 0, b: 2 };
  const renews = (session: "a" | "b", said: Partial<Renewal> = {}) => {
    const keep = usable[session];
    usable[session] = fleet.renews(session, { keep, need: 4, want: 4, waiting: 4 - keep }, said).allow;
  };
  renews("a", firstOpening(null));
  fleet.now += 2_000;
  renews("a");
  renews("b", firstOpening(fleet.gate.core?.life));
  for (const end = fleet.now + 4_000; fleet.now < end; fleet.now += 250) {
    renews("a");
    renews("b");
  }
  expect(usable.a + usable.b).toBe(2);
});

test("a probe that outlives two openings of the breaker counts among the probes for as long as it runs", () => {
  const fleet = new Fleet({ probes: 2, windowCalls: 1, failureThreshold: 1, recoveryMs: 1_000 });
  const asks = { need: 1, want: 1, waiting: 1 };
  fleet.renews("a", {}, firstOpening(null));
  fleet.renews("b", asks, firstOpening(null));
  fleet.renews("b", {}, fleet.failed(false));
  fleet.now += 1_000;
  expect([fleet.renews("a", asks).probes, fleet.renews("b", asks).probes]).toEqual([1, 1]);
  fleet.renews("b", {}, fleet.failed(true));
  const told = fleet.renews("a", { probes: 1, need: 1, want: 1 });
  const still = { keep: told.permits, probes: told.probes };
  fleet.now += 2_000;
  fleet.renews("a", { ...still, need: 1, want: 1 });
  expect(fleet.renews("b", { need: 2, want: 2, waiting: 2 }).probes).toBe(1);
});
