/** What a gate is in every home of the store port. */
import { expect, test } from "vitest";
import type { GateConfig } from "../../lib/gate/types.ts";
import { InvalidRenewal } from "../../lib/gate/validate.ts";
import type { Store } from "../../lib/store/port.ts";
import { Caller, ONE, opening, operate, renewalOf } from "./caller.ts";

const full = process.env.TIDEGATE_FULL === "1";
const [CLIENTS, CALLS] = full ? [64, 500] : [16, 40];
/** A renewal that travels by HTTP to a home that writes to a disk takes milliseconds. */
const MOST_MS = full ? 900_000 : 90_000;
export const HOSTILE = 'a"b\\c\u0000\ud800\u2028{}] é🌊'.repeat(20);
const HOSTILE_ABOUT = { runtime: HOSTILE, region: HOSTILE, version: HOSTILE, startedAt: 0 };

/** A store that a suite has for itself. */
export interface Home {
  readonly store: Store;
  /** Lets time pass on the store's clock: a manual one is moved, a real one waited for. */
  passes(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type HomeOf = () => Home;
type GateOf = (rules?: Partial<GateConfig>) => {
  readonly key: string;
  readonly instance: (session: string) => Caller;
  readonly a: Caller;
  readonly b: Caller;
};

let gates = 0;

export function gateContract(home: HomeOf): void {
  const gate: GateOf = (rules = {}) => {
    const key = `{tidegate:test:${++gates}}`;
    const config = { ...home().store.traits.gate, ...rules };
    const instance = (session: string) => new Caller(home().store, key, session, config);
    return { key, instance, a: instance("a"), b: instance("b") };
  };
  renewals(gate);
  leases(home, gate);
  breaker(home, gate);
  operators(home, gate);
  crowds(gate);
}

function renewals(gate: GateOf): void {
  test("a renewal that is repeated under its number is answered, and changes nothing more", async () => {
    const { a, b } = gate(ONE);
    const commands = [operate("observe", "o1")];
    await a.needs(1);
    const first = await a.needs(1, { votes: [a.vote(3, 1)], commands });
    expect(first).toMatchObject({ permits: 1, allow: 1 });
    for (let again = 0; again < 3; again++) {
      const { n, lanes, replies } = await a.again();
      expect(n).toBe(2);
      expect(lanes.request).toMatchObject({ permits: 1, allow: 1 });
      expect(replies).toMatchObject([{ kind: "unchanged", reason: "repeated" }]);
    }
    const { window, totals, lanes } = await b.views();
    expect(window).toMatchObject({ calls: 3, failures: 1 });
    expect(lanes.request).toMatchObject({ held: 1, running: 1 });
    expect(totals.renewals).toBe(3);
  });

  test("a renewal that is delivered late, after a younger one, grants and takes nothing", async () => {
    const { a, b } = gate(ONE);
    await a.needs(1);
    const late = a.last;
    await a.needs(0);
    expect((await b.needs(1)).permits).toBe(1);
    expect((await a.again(late)).lanes.request.permits).toBe(0);
    expect((await b.views()).lanes.request).toMatchObject({ held: 1, running: 1 });
  });

  test("a renewal is applied whole, or not at all", async () => {
    const { a, b } = gate(ONE);
    await b.sends();
    const fine = { opens: opening(), lanes: { request: { need: 1, want: 1, waiting: 1 } } };
    const wrong = operate("observe", "o1", { ttlMs: 86_400_001 });
    const votes = [b.vote(5, 5)];
    await expect(a.raw(renewalOf("a", { ...fine, votes, commands: [wrong] }))).rejects.toThrow(InvalidRenewal);
    const view = await b.views();
    expect(view).toMatchObject({ window: { calls: 0 }, lanes: { request: { held: 0 } }, override: null, n: 1 });
    expect((await a.raw(renewalOf("a", fine))).known).toBe(true);
  });

  test("a renewal may be as long as one may be", async () => {
    const { a, b } = gate({ windowSeconds: 300, failureThreshold: 1_000_000, slowRate: 10_000 });
    await a.needs(1);
    const text = HOSTILE.padEnd(1_000, "x");
    const commands = Array.from({ length: 50 }, (_, n) => operate("observe", `o${n}`, { actor: text, reason: text }));
    const votes = Array.from({ length: 1_000 }, () => a.vote(1_000_000, 1));
    const { replies } = await a.sends({ votes, commands, pings: Array.from({ length: 1_000 }, () => ({ ok: true })) });
    expect(replies.filter(({ kind }) => kind === "operated")).toHaveLength(50);
    const window = { calls: 1_000_000_000, failures: 1_000 };
    expect(await b.views()).toMatchObject({ window, override: { actor: text } });
  });
}

function leases(home: HomeOf, gate: GateOf): void {
  test("permits of who falls silent are free once lease, connecting, deadline and grace are over, not before", async () => {
    const deadlineMs = { request: 300, slow: 600_000, health: 5_000 };
    const { a, b } = gate({ ...ONE, connectTimeoutMs: 200, deadlineMs });
    await a.needs(1, { lanes: { slow: { need: 1, want: 1, waiting: 1 } } });
    await home().passes(3_900);
    expect((await b.needs(1)).permits).toBe(0);
    await home().passes(700);
    expect((await b.needs(1)).permits).toBe(1);
    expect((await b.needs(1, {}, "slow")).permits).toBe(0);
    expect((await a.sends()).lanes).toMatchObject({ request: { permits: 0 }, slow: { permits: 1 } });
  });

  test("who leaves is gone at once", async () => {
    const { a, b } = gate();
    await a.needs(2);
    expect((await b.sends()).fleet).toEqual({ n: 2, rank: 1 });
    await a.needs(0, { leaves: true });
    expect((await b.sends()).fleet).toEqual({ n: 1, rank: 0 });
  });

  test("who is not known hears the life, opens naming it, and what it keeps is adopted", async () => {
    const { a, b } = gate(ONE);
    const stranger = await a.raw(renewalOf("a", { opens: null }));
    expect(stranger).toMatchObject({ known: false, n: 1 });
    const { life } = stranger;
    expect(await a.raw(renewalOf("a", { n: 2, life: life + 1, opens: opening() }))).toMatchObject({
      known: false,
      n: 2,
      life,
    });
    a.life = life;
    a.opens = opening({ generation: life + 5, overrideVersion: life + 9, about: HOSTILE_ABOUT });
    const reply = await a.sends({ lanes: { request: { keep: 7, need: 7, want: 7 } } });
    expect(reply).toMatchObject({ generation: life + 6, overrideVersion: life + 9 });
    expect(reply.lanes.request.permits).toBe(7);
    expect((await b.needs(1)).permits).toBe(0);
    expect((await a.sends({ lanes: { request: { keep: 9, need: 9, want: 9 } } })).lanes.request.permits).toBe(7);
    expect((await b.views()).instances).toContainEqual(expect.objectContaining({ session: "a", about: HOSTILE_ABOUT }));
  });
}

function breaker(home: HomeOf, gate: GateOf): void {
  test("votes of an older generation count for nothing", async () => {
    const { a, b } = gate({ recoveryMs: 60_000 });
    await b.needs(1);
    const old = b.vote(5, 5);
    expect((await a.fails()).breaker).toMatchObject({ state: "open", refusal: "open" });
    const { breaker: before, window } = await a.views();
    await b.sends({ votes: [old] });
    expect(await b.views()).toMatchObject({ breaker: { lastFailureAt: before.lastFailureAt }, window });
  });

  test("there is one probe for everybody, and several successes close", async () => {
    const { a, b } = gate({ recoveryMs: 600 });
    await a.fails();
    const refused = await b.needs(1);
    expect(refused).toMatchObject({ permits: 0, probes: 0, allow: 0 });
    await home().passes(700);
    expect((await b.needs(1)).probes).toBe(1);
    expect((await a.needs(1)).probes).toBe(0);
    expect((await a.sends()).breaker).toMatchObject({ state: "half_open", refusal: "probing" });
    await b.needs(0, { votes: [b.vote(1, 0, { probe: true })] });
    expect((await a.needs(1)).probes).toBe(1);
    const closed = await a.sends({
      votes: [a.vote(1, 0, { probe: true })],
      lanes: { request: { probes: 0, need: 0, want: 0, waiting: 0 } },
    });
    expect(closed.breaker).toMatchObject({ state: "closed", refusal: null });
    expect(await b.views()).toMatchObject({ breaker: { state: "closed", probes: 0 }, n: 2, rank: 1 });
  });
}

function operators(home: HomeOf, gate: GateOf): void {
  test("an operator's override is seen by all, counted once, and texts come back as they were", async () => {
    const { a, b } = gate();
    const texts = { actor: HOSTILE, reason: HOSTILE };
    expect(await a.commands(operate("force_open", HOSTILE, texts))).toMatchObject([{ kind: "operated" }]);
    expect((await b.needs(1)).allow).toBe(0);
    expect((await b.sends()).breaker).toMatchObject({ state: "open", refusal: "forced" });
    expect(await b.commands(operate("observe", HOSTILE))).toMatchObject([{ kind: "unchanged", reason: "repeated" }]);
    expect(await b.views()).toMatchObject({ override: { mode: "force_open", ...texts } });
    await a.commands(operate("force_open", "o2", { ttlMs: 50 }));
    await home().passes(100);
    expect((await b.needs(1)).probes).toBe(1);
  });
}

function crowds(gate: GateOf): void {
  test(
    `${CLIENTS} clients with ${CALLS} calls each lose no vote, and hold no more than there is`,
    async () => {
      const capacity = (CLIENTS * 3) / 4;
      const { instance } = gate({ capacity: { request: capacity, slow: 1, health: 1 }, windowSeconds: 300 });
      const clients = Array.from({ length: CLIENTS }, (_, n) => instance(`client-${n}`));
      let [running, peak] = [0, 0];
      const works = async (client: Caller) => {
        for (let call = 0; call < CALLS; call++) {
          while ((await client.needs(1)).allow < 1);
          running += 1;
          peak = Math.max(peak, running);
          await Promise.resolve();
          running -= 1;
          await client.needs(0, { votes: [client.vote(1)] });
        }
      };
      await Promise.all(clients.map(works));
      const { window, lanes, seconds } = await instance("viewer").views();
      expect(window).toMatchObject({ calls: CLIENTS * CALLS, failures: 0 });
      expect(lanes.request).toMatchObject({ held: 0, running: 0 });
      expect(Math.max(peak, ...seconds.map((second) => second.running))).toBeLessThanOrEqual(capacity);
    },
    MOST_MS,
  );
}
