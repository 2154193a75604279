/** More gates than anybody reads one by one: a hundred by name, the others together. */
import { describe, expect, test } from "vitest";
import type { GateView } from "../../lib/gate/renewal.ts";
import { gateViews } from "../../lib/http/routes/gate-views.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { type SmallApp, smallApp } from "../support/app.ts";
import { ADMIN } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";

const KEY = /:(g-\d+|other)\}$/;

/** The memory, and the named gates that were asked for anything. */
function countedMemory(): { store: StoreAdapter; asked: string[] } {
  const asked: string[] = [];
  const adapter = memory();
  const open: StoreAdapter["open"] = (...given) => {
    const store = adapter.open(...given);
    const { transact } = store;
    return {
      ...store,
      transact: (machine, key, message) => {
        const [, name] = KEY.exec(key) ?? [];
        if (name) asked.push(name);
        return transact(machine, key, message);
      },
    };
  };
  return { store: { ...adapter, open }, asked };
}

/** That many gates beside the main one, each called once; those in `busy` with a call that does not end. */
async function crowd(count: number, busy: readonly number[] = []) {
  const { store, asked } = countedMemory();
  const small = smallApp({ METRICS_PUBLIC: "true" }, undefined, { store });
  for (let gate = 1; gate <= count; gate++) await small.tide.gate(`g-${gate}`).run(() => {});
  for (const gate of busy) void small.tide.gate(`g-${gate}`).run(() => new Promise(() => {}));
  return { ...small, asked };
}

async function scraped({ app, runtime }: SmallApp): Promise<{ figures: Record<string, number>; lines: string[] }> {
  const response = await passing(runtime, Promise.resolve(app.request("/metrics")));
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const figures = lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]);
  return { figures: Object.fromEntries(figures), lines };
}

const shownIn = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /^tidegate_instances\{gate="(.*)"\}/.exec(line)?.[1] ?? []);

describe("/metrics", () => {
  test("shows a hundred gates by name, as they were first called, and sums what the others hold", async () => {
    const small = await crowd(150, [5, 120, 120, 130]);
    const { figures, lines } = await scraped(small);
    expect(shownIn(lines)).toEqual(["main", ...Array.from({ length: 99 }, (_, index) => `g-${index + 1}`)]);
    expect(figures).toMatchObject({
      'tidegate_gates{state="closed"}': 151,
      'tidegate_permits{gate="g-5",lane="request",state="running"}': 1,
      'tidegate_permits{gate="other",lane="request",state="running"}': 3,
      'tidegate_permits{gate="other",lane="slow",state="running"}': 0,
      'tidegate_waiting_calls{gate="other",lane="request"}': 0,
    });
    expect(figures['tidegate_permits{gate="other",lane="request",state="reserved"}']).toBeGreaterThanOrEqual(0);
    // What is free of theirs nobody has asked, and of what is no sum nothing is said.
    const families = lines.filter((line) => line.includes('gate="other"')).map((line) => line.split("{")[0] ?? "");
    const calls = ["_bucket", "_sum", "_count"].map((suffix) => `tidegate_call_duration_seconds${suffix}`);
    expect([...new Set(families)]).toEqual(["tidegate_permits", "tidegate_waiting_calls", ...calls]);
    const timed = 'tidegate_call_duration_seconds_count{gate="other",lane="request",outcome="success"}';
    expect(figures[timed]).toBe(51);
  });

  test("shows the same ones the next time, whichever are called since", async () => {
    const small = await crowd(120);
    const before = shownIn((await scraped(small)).lines);
    await small.tide.gate("g-120").run(() => {});
    expect(shownIn((await scraped(small)).lines)).toEqual(before);
  });

  test("asks for those, each once, and for no other", async () => {
    const small = await crowd(150);
    small.asked.length = 0;
    await scraped(small);
    expect(small.asked.toSorted()).toEqual(Array.from({ length: 99 }, (_, index) => `g-${index + 1}`).toSorted());
  });

  test("counts gates by the state that they are in", async () => {
    const small = await crowd(110);
    await small.tide.gate("g-110").override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "a test" });
    expect((await scraped(small)).figures).toMatchObject({
      'tidegate_gates{state="closed"}': 110,
      'tidegate_gates{state="open"}': 1,
      'tidegate_gates{state="half_open"}': 0,
    });
  });

  test("says everything once, also of a gate that is called what the others are", async () => {
    const small = smallApp({ METRICS_PUBLIC: "true" });
    const forEver = () => new Promise(() => {});
    void small.tide.gate("other").run(forEver);
    await small.runtime.advance(10);
    const few = await scraped(small);
    expect(shownIn(few.lines)).toEqual(["main", "other"]);
    for (let gate = 1; gate <= 99; gate++) await small.tide.gate(`g-${gate}`).run(() => {});
    void small.tide.gate("g-99").run(forEver);
    await small.runtime.advance(10);
    const { lines, figures } = await scraped(small);
    expect(new Set(lines.map((line) => line.split(" ")[0])).size).toBe(lines.length);
    expect(shownIn(lines)).not.toContain("other");
    expect(figures['tidegate_permits{gate="other",lane="request",state="running"}']).toBe(2);
  });
});

test("operators are shown a hundred gates, asked for once each, and told how many there are", async () => {
  const small = await crowd(150);
  small.asked.length = 0;
  const request = small.app.request("/admin/api/system-status", { headers: { authorization: ADMIN } });
  const { data } = await (await passing(small.runtime, Promise.resolve(request))).json();
  expect(Object.keys(data.gates)).toEqual(["main", ...Array.from({ length: 99 }, (_, index) => `g-${index + 1}`)]);
  expect(data.gates["g-1"]).toMatchObject({ circuit_breaker: { state: "CLOSED" } });
  expect(data.gates_total).toBe(151);
  expect(small.asked).toHaveLength(99);
});

test("a gate that cannot be seen costs no other its place", async () => {
  const view = { kind: "view" } as GateView;
  const away = () => {
    throw new Error("away");
  };
  const named = [
    { name: "a", view: away },
    { name: "b", view: async () => away() },
    { name: "c", view: () => view },
  ];
  expect(await gateViews(named)).toEqual([
    ["a", null],
    ["b", null],
    ["c", view],
  ]);
});

/** The memory, as far away as that; what is no gate is read and written, as stores do that know no machine. */
function distantMemory(roundTripMs: number): StoreAdapter {
  const adapter = memory();
  return {
    ...adapter,
    open: (runtime) => {
      const store = adapter.open(runtime);
      const { transact } = store;
      return {
        ...store,
        traits: { ...store.traits, inProcess: false },
        transact: async (machine, ...asked) => {
          const trips = machine.name === "leases" ? 1 : 2;
          await new Promise<void>((resolve) => void runtime.setTimer(resolve, trips * roundTripMs));
          return transact(machine, ...asked);
        },
      };
    },
  };
}

test("a scrape takes one round trip to the store, however many gates there are", async () => {
  const small = smallApp({ METRICS_PUBLIC: "true" }, undefined, { store: distantMemory(20) });
  const { app, tide, runtime } = small;
  for (let gate = 0; gate < 30; gate++) void tide.gate(`g-${gate}`).run(() => {});
  await runtime.advance(100_000);
  await passing(runtime, Promise.resolve(app.request("/health")));
  await runtime.advance(7_000);
  const askedAt = runtime.monotonicMs();
  const answered = Promise.resolve(app.request("/metrics")).then(async (response) => {
    const text = await response.text();
    return { text, tookMs: runtime.monotonicMs() - askedAt };
  });
  await runtime.advance(100);
  const { text, tookMs } = await answered;
  expect(shownIn(text.split("\n"))).toHaveLength(31);
  expect(tookMs).toBeLessThanOrEqual(21);
});
