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
      'tidegate_lane_held{gate="g-5",lane="request"}': 1,
      'tidegate_lane_held{gate="other",lane="request"}': 3,
      'tidegate_lane_held{gate="other",lane="slow"}': 0,
      'tidegate_lane_waiting{gate="other",lane="request"}': 0,
    });
    expect(figures['tidegate_lane_leased{gate="other",lane="request"}']).toBeGreaterThanOrEqual(3);
    // What is no sum.
    const families = lines.filter((line) => line.includes('gate="other"')).map((line) => line.split("{")[0]);
    const summed = ["tidegate_lane_held", "tidegate_lane_leased", "tidegate_lane_waiting"];
    expect(families).toEqual(summed.flatMap((name) => [name, name]));
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
    expect(figures['tidegate_lane_held{gate="other",lane="request"}']).toBe(2);
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
