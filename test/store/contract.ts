/** What every home of the store port must do, said once. A home that cannot be run here gives the reason. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Admit, Command } from "../../lib/gate/commands.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { InvalidBatch } from "../../lib/gate/validate.ts";
import type { Store } from "../../lib/store/port.ts";
import { firstOpening, type KnownReply, NOT_ALIVE, PERMIT, PLACE, RULES, refusal } from "../support/gate.ts";
import { counter } from "../support/machines.ts";
import { eventually } from "../support/processes.ts";
import { Caller } from "./caller.ts";

const full = process.env.TIDEGATE_FULL === "1";
const [CLIENTS, OUTCOMES] = full ? [64, 1_000] : [16, 60];
/** A batch that travels by HTTP to a home that writes to a disk takes milliseconds. */
const MOST_MS = full ? 900_000 : 90_000;
const HOSTILE = 'a"b\\c\u0000\ud800\u2028{}] é🌊'.repeat(20);

/** A store that a suite has for itself. */
export interface Home {
  readonly store: Store;
  /** Lets time pass on the store's clock: a manual one is moved, a real one waited for. */
  passes(ms: number): Promise<void>;
  close(): Promise<void>;
}

let gates = 0;

const settle = ({ id }: Admit, outcome: "success" | "failure" = "success"): Command => ({
  kind: "settle",
  id,
  outcome,
  slow: false,
});
const operate = (mode: "force_open" | "observe" | "auto", opId: string, ttlMs = 60_000): Command => ({
  ...{ kind: "operate", opId, mode, ttlMs, expectedVersion: null, actor: HOSTILE, reason: HOSTILE },
});

export function storeContract(name: string, open: () => Promise<Home>, skipReason?: string): void {
  describe.skipIf(skipReason !== undefined)(`the store contract: ${name} ${skipReason ?? ""}`, () => {
    let home: Home;
    beforeAll(async () => {
      home = await open();
    });
    afterAll(() => home?.close());

    function gate(rules: Partial<GateConfig> = {}) {
      const key = `{tidegate:test:${++gates}}`;
      const instance = (session: string) => new Caller(home.store, key, session, { ...RULES, ...rules });
      return { key, instance, a: instance("a"), b: instance("b") };
    }
    const one = { capacity: { request: 1, slow: 1, health: 1 } };
    /** Once the open period is over. Where calls are slow, some of those that failed were probes, and made it longer. */
    async function probes(caller: Caller): Promise<Admit> {
      for (;;) {
        const asked = caller.asks();
        const [reply] = await caller.sends([asked]);
        if (reply?.kind === "refused" && reply.reason === "open") await home.passes(reply.retryAfterMs);
        else {
          expect(reply).toMatchObject({ ...PERMIT, probe: true });
          return asked;
        }
      }
    }

    test("one id has one permit, however often it is asked for, and is released once", async () => {
      const { a, b } = gate(one);
      const asked = a.asks();
      const [first] = await a.sends([asked]);
      expect(first).toMatchObject(PERMIT);
      expect((await a.sends([asked]))[0]).toMatchObject({
        ...PERMIT,
        expiresAt: (first as { expiresAt: number }).expiresAt,
      });
      expect((await b.sends([b.asks()]))[0]).toMatchObject(refusal("full"));
      expect(await a.sends([settle(asked), settle(asked)])).toMatchObject([{ alive: true }, NOT_ALIVE]);
      expect((await b.sends([b.asks()]))[0]).toMatchObject(PERMIT);
    });

    test("permits expire each at its own time, and a late settle is a no-op", async () => {
      const { a, b } = gate({ capacity: { request: 2, slow: 1, health: 1 }, connectTimeoutMs: 0 });
      const [short, long] = [a.asks({ deadlineMs: 0 }), a.asks({ deadlineMs: 600_000 })];
      await a.sends([short, long]);
      await home.passes(2_100);
      expect((await b.sends([b.asks(), b.asks()])).map(({ kind }) => kind)).toEqual(["permit", "refused"]);
      expect(await a.sends([settle(short), settle(long)])).toMatchObject([NOT_ALIVE, { alive: true }]);
    });

    test("a batch is applied in order and whole, or not at all", async () => {
      const { a } = gate(one);
      const asks = Array.from({ length: 16 }, () => a.asks());
      const replies = await a.sends(asks.flatMap((asked) => [asked, settle(asked)]));
      expect(replies.filter(({ kind }) => kind === "permit")).toHaveLength(16);
      const fine = a.asks();
      const wrong = { ...a.asks(), id: "b.1" };
      await expect((async () => a.raw([fine, wrong]))()).rejects.toThrow(InvalidBatch);
      expect(await a.sends([settle(fine)])).toMatchObject([NOT_ALIVE]);
    });

    test("a batch as long as one may be", async () => {
      const { a } = gate({ capacity: { request: 5_000, slow: 1, health: 1 } });
      const asks = Array.from({ length: 5_000 }, () => a.asks());
      const replies = await a.sends([...asks, ...asks.map((asked) => settle(asked))]);
      expect(replies.filter(({ kind }) => kind === "permit")).toHaveLength(5_000);
      expect(replies.filter((reply) => reply.kind === "ended" && reply.alive)).toHaveLength(5_000);
    });

    test("a result of an older generation releases its permit and counts for nothing", async () => {
      const { a, b } = gate({ recoveryMs: 400 });
      const old = b.asks();
      await b.sends([old]);
      await a.calls(10, "failure");
      expect((await a.sends([a.asks()]))[0]).toMatchObject(refusal("open"));
      expect(await b.sends([settle(old, "failure")])).toMatchObject([{ alive: true }]);
      await probes(a);
    });

    test("one probe for everybody, and several successes close", async () => {
      const { a, b } = gate({ recoveryMs: 400 });
      await a.calls(10, "failure");
      const probe = await probes(a);
      expect((await b.sends([b.asks()]))[0]).toMatchObject(refusal("probing"));
      await a.sends([settle(probe)]);
      await b.calls(1, "success");
      const [view] = await b.sends([{ kind: "view" }]);
      expect(view).toMatchObject({ breaker: { state: "closed" }, n: 2, rank: 1 });
    });

    test("an operator's override is seen by all, counted once, and texts come back as they were", async () => {
      const { a, b } = gate();
      expect(await a.sends([operate("force_open", "o1")])).toMatchObject([{ kind: "operated" }]);
      expect((await b.sends([b.asks()]))[0]).toMatchObject(refusal("forced"));
      expect(await b.sends([operate("observe", "o1")])).toMatchObject([{ kind: "unchanged", reason: "repeated" }]);
      const [view] = await b.sends([{ kind: "view" }]);
      expect(view).toMatchObject({ override: { mode: "force_open", actor: HOSTILE, reason: HOSTILE } });
      await a.sends([operate("force_open", "o2", 50)]);
      await home.passes(100);
      expect((await b.sends([b.asks()]))[0]).toMatchObject({ probe: true });
    });

    test("what is delivered late mints nothing for nobody", async () => {
      const { a } = gate(one);
      const asked = a.asks();
      await a.sends([asked], { doneBelow: 1 });
      await a.sends([settle(asked)], { doneBelow: 2 });
      expect((await a.sends([asked], { doneBelow: 1 }))[0]).toMatchObject(refusal("spent"));
    });

    test("who is not known hears the life, opens naming it, and brings along what it holds", async () => {
      const { a } = gate({ ...one, adoptingMs: 60_000 });
      const stranger = await a.raw([], { opens: null });
      expect(stranger).toMatchObject({ known: false });
      const held: Command = {
        kind: "adopt",
        permits: [{ id: "a.7", lane: "request", remainingMs: 30_000 }],
        openMs: null,
        override: null,
      };
      const opens = { ...firstOpening(stranger.life, stranger.life + 5, stranger.life + 9), about: { ...RULES_ABOUT } };
      const reply = await a.raw([held, a.asks({ id: "a.8" })], { opens, doneBelow: 8 });
      expect(reply).toMatchObject({ generation: stranger.life + 5, overrideVersion: stranger.life + 9 });
      expect((reply as KnownReply).replies).toMatchObject([{ spent: [] }, refusal("adopting")]);
      expect(await a.sends([{ ...held, permits: [{ id: "a.9", lane: "slow", remainingMs: 9 }] }])).toMatchObject([
        { spent: ["a.9"] },
      ]);
    });

    test("tickets are served in order of arrival, and their sessions are called where the home can", async () => {
      const { key, a, b, instance } = gate(one);
      const calls: string[] = [];
      const stop = home.store.onWake(key, "b", (lane) => calls.push(lane));
      const [held, second, third] = [a.asks(), b.asks({ waitMs: 60_000 }), instance("c").asks({ waitMs: 60_000 })];
      await home.passes(100);
      await a.sends([held]);
      expect((await b.sends([second]))[0]).toMatchObject({ ...PLACE, ahead: 0 });
      const c = instance("c");
      expect((await c.sends([third]))[0]).toMatchObject({ ...PLACE, ahead: 1 });
      await a.sends([settle(held)]);
      const { wakes } = home.store.traits.gate;
      if (wakes) await eventually("b is called", () => calls.length > 0);
      expect(calls).toEqual(wakes ? ["request"] : []);
      stop();
      expect((await c.sends([third]))[0]).toMatchObject(PLACE);
      expect((await b.sends([second]))[0]).toMatchObject(PERMIT);
    });

    test(
      `${CLIENTS} clients with ${OUTCOMES} outcomes each: none is lost`,
      async () => {
        const { key, instance } = gate({ capacity: { request: CLIENTS, slow: 1, health: 1 }, windowSeconds: 300 });
        const clients = Array.from({ length: CLIENTS }, (_, n) => instance(`client-${n}`));
        await Promise.all(clients.map((client) => client.calls(OUTCOMES, "success")));
        const [view] = await instance("viewer").sends([{ kind: "view" }]);
        expect(view, key).toMatchObject({ window: { calls: CLIENTS * OUTCOMES }, lanes: { request: { held: 0 } } });
      },
      MOST_MS,
    );

    test("any other machine is atomic too", async () => {
      const { key } = gate();
      await Promise.all(Array.from({ length: 8 }, async () => home.store.transact(counter, key, 1)));
      expect((await home.store.transact(counter, key, 0)).sum).toBe(8);
    });

    test("a small value has an age, comes back as it was, and expires", async () => {
      const { kv } = home.store;
      expect(await kv.get("nothing")).toBeNull();
      await kv.set("value", HOSTILE, 400);
      await home.passes(50);
      const entry = await kv.get("value");
      expect(entry?.value).toBe(HOSTILE);
      expect(entry?.ageMs).toBeGreaterThanOrEqual(49);
      expect(entry?.ageMs).toBeLessThan(400);
      await home.passes(400);
      expect(await kv.get("value")).toBeNull();
    });

    test("a log grows only for who has seen its end", async () => {
      const { log } = home.store;
      const writers = await Promise.all(
        Array.from({ length: 8 }, async (_, n) => log.append("audit", `first ${n}`, 0)),
      );
      expect(writers.filter(({ appended }) => appended)).toEqual([{ appended: true, head: 1 }]);
      expect(await log.append("audit", HOSTILE, 1)).toEqual({ appended: true, head: 2 });
      expect((await log.read("audit", 3, 10)).map(({ position }) => position)).toEqual([2, 1]);
      expect((await log.read("audit", 3, 1))[0]?.record).toBe(HOSTILE);
      expect((await log.read("audit", 2, 10)).map(({ position }) => position)).toEqual([1]);
      expect(await log.read("other", 9, 10)).toEqual([]);
    });
  });
}

const RULES_ABOUT = { runtime: HOSTILE, region: HOSTILE, version: "1", startedAt: 0 };
