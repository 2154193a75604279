/** Gates by the thousand: how many there may be, what they share, and what it costs to look at them. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createEvents } from "../../lib/events.ts";
import { createGates } from "../../lib/guard/gates.ts";
import { MOST_GATES } from "../../lib/guard/roster.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Tidegate } from "../../lib/tidegate.ts";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";
import { applications, watchedStore } from "../support/own-gates.ts";

/** What ran on permits is given back by then, and the sweep has seen it. */
const AT_REST_MS = 3_000;
const name = (n: number) => `tenant-${n}`;
const known = (tide: Tidegate) => tide.gates().map(({ gate }) => gate);

/** A call under way in each of so many gates. */
function occupied(tide: Tidegate, count: number) {
  const calls = Array.from({ length: count }, heldCall);
  for (const [n, { hold }] of calls.entries()) void follow(tide.gate(name(n)).run(hold));
  return calls;
}

describe("a thousand gates at once", () => {
  it("are open to calls, and the next one is refused with what to do, by whatever it is asked for", async () => {
    const tide = applications().application();
    const calls = occupied(tide, MOST_GATES);
    expect([MOST_GATES, calls.every(({ started }) => started())]).toEqual([1_000, true]);
    const more = tide.gate("one-more");
    const override = { actor: "me", reason: "x" };
    for (const ask of [() => more.run(() => 1), () => more.acquire(), () => more.view(), () => more.reset(override)]) {
      const refused = await ask().catch((error: unknown) => error);
      expect(refused).toMatchObject({
        name: "Refused",
        message: "This instance has as many gates in use as there may be; one of them has to come to rest first.",
        refusal: { gate: "one-more", reason: "too_many_gates", code: "SERVICE_UNAVAILABLE", retryAfterMs: 5_000 },
      });
    }
    expect([known(tide).length, known(tide).includes("one-more")]).toEqual([1 + MOST_GATES, false]);
    expect(await tide.gate(name(7)).run(() => "known")).toBe("known");
    expect(await tide.run(() => "main")).toBe("main");
  });

  it("make room for one more by forgetting one at rest: the one that was not called for longest", async () => {
    const { application, runtime } = applications();
    const tide = application();
    for (const n of [1_500, 1_017, 1_500, 1_300]) {
      await tide.gate(name(n)).run(() => "done");
      await runtime.advance(AT_REST_MS);
    }
    occupied(tide, MOST_GATES - 3);
    expect(await tide.gate("one-more").run(() => "in")).toBe("in");
    expect(known(tide)).not.toContain(name(1_017));
    expect(known(tide)).toEqual(expect.arrayContaining([name(1_300), name(1_500), name(0), "one-more"]));
    expect(known(tide)).toHaveLength(1 + MOST_GATES);
  });

  it("make room in the moment in which it is needed, though no sweep has come by since they came to rest", async () => {
    const { application, runtime } = applications();
    const tide = application();
    for (let n = 0; n < MOST_GATES; n++) await tide.gate(name(n)).run(() => "done");
    await runtime.advance(UNTIL_SILENT_MS);
    expect(await tide.gate("one-more").run(() => "in")).toBe("in");
    expect(known(tide)).not.toContain(name(0));
  });

  it("hear what the store calls out by one subscription, the database's own gate among them", async () => {
    const { adapter, subscriptions } = watchedStore();
    const { application, runtime } = applications({}, adapter);
    const [tide, other] = [application(), application()];
    await tide.run(() => "done");
    occupied(tide, 50);
    expect(subscriptions()).toBe(1);
    await other.gate(name(3)).override({ mode: "force_open", ttlMs: 60_000, actor: "me", reason: "x" });
    await runtime.advance(0);
    expect([tide.gates()[4]?.breaker, tide.gates()[5]?.breaker]).toEqual(["open", "closed"]);
  });
});

describe("gates by name", () => {
  function gates() {
    const { runtime, log } = fleet();
    const store = memory().open(runtime);
    const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
    const events = createEvents(runtime, log);
    const rules = guardRules(readConfig({}), store.traits);
    return { runtime, gates: createGates({ store, namespace: "test", rules, about, runtime, events, log }) };
  }

  it("are the database's first and then as many as are wanted, in the order in which they were first called", async () => {
    const { gates: all, runtime } = gates();
    for (const n of [5, 3, 9]) await all.of(name(n)).run(() => "done");
    const names = (limit: number) => all.named(limit).map((one) => one.name);
    expect(names(100)).toEqual(["main", name(5), name(3), name(9)]);
    expect([names(3), names(1), names(0)]).toEqual([["main", name(5), name(3)], ["main"], ["main"]]);
    await runtime.advance(AT_REST_MS);
    await all.of(name(3)).run(() => "again");
    expect(names(100)).toEqual(["main", name(5), name(3), name(9)]);
    for (let n = 100; n < 300; n++) await all.of(name(n)).run(() => "done");
    expect(names(100)).toHaveLength(100);
    expect(names(100).slice(0, 4)).toEqual(["main", name(5), name(3), name(9)]);
  });

  it("can be looked at while they rest, which does not keep them for longer", async () => {
    const { gates: all, runtime } = gates();
    await all.of(name(1)).run(() => "done");
    for (let minute = 0; minute < 12; minute++) {
      await runtime.advance(60_000);
      for (const one of all.named(100)) expect(await one.view()).toMatchObject({ kind: "view" });
    }
    await runtime.advance(120_000);
    expect(all.named(100).map((one) => one.name)).toEqual(["main"]);
  });

  it("are known once something is said about them or they are called, and forgotten when they are given up", async () => {
    const { gates: all, runtime } = gates();
    expect([all.has("main"), all.has("said"), all.has("called")]).toEqual([true, false, false]);
    all.say("said", { capacity: 1 });
    await all.of("called").run(() => "done");
    expect([all.has("said"), all.has("called")]).toEqual([true, true]);
    await runtime.advance(720_000);
    expect([all.has("said"), all.has("called")]).toEqual([true, false]);
  });

  it("refuse who comes after the close, whether they were called before or not", async () => {
    const { gates: all } = gates();
    await all.of("called").run(() => "done");
    all.close();
    for (const one of ["main", "called", "new"]) {
      await expect(all.of(one).run(() => "never")).rejects.toMatchObject({ refusal: { gate: one, reason: "closing" } });
    }
  });
});

describe("a look at all gates", () => {
  it("asks nobody, and says of each what this instance last heard of it, and when", async () => {
    const { adapter, messages } = watchedStore();
    const { application, runtime } = applications({ DB_POOL_SIZE: "6", DB_MAX_OVERFLOW: "0" }, adapter);
    const tide = application();
    tide.gate("said", { capacity: 2 });
    await tide.gate("resting", { capacity: 3, lanes: { slow: { capacity: 2 } } }).run(() => "done");
    await runtime.advance(60_000);
    const busy = tide.gate("busy", { capacity: 1 });
    for (let call = 0; call < 2; call++) void follow(busy.run(heldCall().hold));
    await runtime.advance(100);
    const before = messages();
    const [main, resting, second] = tide.gates();
    expect(messages()).toBe(before);
    const nothing = { held: 0, running: 0, waiting: 0 };
    const calm = { breaker: "closed", forced: null, attached: true };
    const slow = { capacity: 0, ...nothing };
    expect(main).toMatchObject({ gate: "main", ...calm, ageMs: null, lanes: { request: { capacity: 6, ...nothing } } });
    const ageMs = expect.any(Number);
    expect(resting).toEqual({
      ...{ gate: "resting", ...calm, ageMs },
      lanes: { request: { capacity: 3, ...nothing }, slow: { capacity: 2, ...nothing } },
    });
    expect(resting?.ageMs).toBeGreaterThan(58_000);
    const request = { capacity: 1, held: 1, running: 1, waiting: 1 };
    expect(second).toEqual({ gate: "busy", ...calm, ageMs, lanes: { request, slow } });
    expect(second?.ageMs).toBeLessThanOrEqual(100);
    expect(tide.gates()).toHaveLength(3);
  });
});

describe("gates at a store whose instances are frozen between requests", () => {
  const scene = () => {
    const far = farStore({ freezes: true });
    const { application, runtime } = applications({}, far.adapter);
    return { far, runtime, tide: application() };
  };

  it("let calls in, one after another and side by side", async () => {
    const { far, runtime, tide } = scene();
    for (let round = 0; round < 3; round++) {
      const calls = ["a", "b"].map((gate) => follow(tide.gate(gate).run(() => gate)));
      await far.pass(runtime, 100);
      expect(calls.map(({ result }) => result())).toEqual([{ value: "a" }, { value: "b" }]);
      runtime.stall(30_000);
    }
    expect(known(tide)).toEqual(["main", "a", "b"]);
  });

  it("are known again when they are called after so long that they might have been given up", async () => {
    const { far, runtime, tide } = scene();
    const call = async (gate: string) => {
      const called = follow(tide.gate(gate).run(() => "in"));
      await far.pass(runtime, 100);
      expect(called.result()).toEqual({ value: "in" });
    };
    await call("a");
    // Its waking is the occasion on which the other one comes to rest.
    await call("b");
    runtime.stall(660_000);
    await call("a");
    expect(known(tide)).toContain("a");
  });
});
