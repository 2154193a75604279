import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createEvents } from "../../lib/events.ts";
import { createGates } from "../../lib/guard/gates.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const ignore = () => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function scene() {
  const runtime = manualRuntime();
  const store = memory().open(runtime);
  const rules = guardRules(readConfig({ DB_POOL_SIZE: "9", DB_MAX_OVERFLOW: "0" }), store.traits);
  const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
  const events = createEvents(runtime, log);
  const gates = createGates({ store, namespace: "app", rules, about, runtime, events, log });
  const capacityOf = (name: string) => gates.standing().find(({ gate }) => gate === name)?.lanes.request.capacity;
  return { runtime, gates, capacityOf };
}

describe("the gates of an instance", () => {
  it("go by what is said when they are first called, and keep to it while they are in use", () => {
    const { gates, capacityOf } = scene();
    const guard = gates.of("billing", { capacity: 3 });
    expect(capacityOf("billing")).toBe(3);
    expect(gates.of("billing", { capacity: 4 })).toBe(guard);
    expect(gates.of("billing")).toBe(guard);
    expect(gates.of("search")).not.toBe(guard);
    expect([capacityOf("billing"), capacityOf("search"), capacityOf("main")]).toEqual([3, 9, 9]);
  });

  it("may have as many probes as calls, were the calls only what the environment says", () => {
    const { gates } = scene();
    expect(() => gates.say("a", { breaker: { probes: 9 } })).not.toThrow();
    expect(() => gates.say("b", { breaker: { probes: 10 } })).toThrow("at most the capacity, 9, was 10");
  });

  it("are known by name once they are said or called; the database's always is", () => {
    const { gates } = scene();
    gates.say("said", { capacity: 1 });
    gates.of("called");
    expect(["main", "said", "called", "none"].map(gates.has)).toEqual([true, true, true, false]);
    expect(gates.of("main")).toBe(gates.main);
  });

  it("are named up to a limit, the database's first", async () => {
    const { gates } = scene();
    for (const name of ["a", "b", "c"]) gates.of(name);
    const named = (limit: number) => gates.named(limit).map(({ name }) => name);
    expect([named(0), named(1), named(3), named(9)]).toEqual([
      ["main"],
      ["main"],
      ["main", "a", "b"],
      ["main", "a", "b", "c"],
    ]);
    expect(await gates.named(2)[1]?.view()).toMatchObject({ kind: "view" });
  });

  it("stand as they were last heard of, also at rest", async () => {
    const { runtime, gates } = scene();
    const standing = () => gates.standing().find(({ gate }) => gate === "billing");
    const guard = gates.of("billing", { capacity: 3 });
    expect(standing()).toMatchObject({ ageMs: null, lanes: { request: { capacity: 3 } } });
    await guard.run(() => "done");
    await runtime.advance(5_000);
    const rested = standing()?.ageMs ?? expect.fail("it was heard of");
    expect(gates.standing()).toHaveLength(2);
    await runtime.advance(100.4);
    expect(standing()).toMatchObject({ ageMs: rested + 100, breaker: "closed", lanes: { request: { capacity: 3 } } });
    expect(gates.of("billing")).not.toBe(guard);
  });

  it("have no age where they came to rest and were never heard of", async () => {
    const { runtime, gates } = scene();
    gates.of("quiet");
    await runtime.advance(5_000);
    expect(gates.standing().find(({ gate }) => gate === "quiet")?.ageMs).toBeNull();
  });

  it("are closed with the instance, those too that are called later", async () => {
    const { gates, runtime } = scene();
    const guard = gates.of("billing");
    gates.close();
    for (const one of [guard, gates.main, gates.of("later")]) {
      await expect(one.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "closing" } });
    }
    await gates.end();
    await runtime.advance(10_000);
    expect(runtime.pendingTimers()).toBe(0);
  });
});
