/** One of a fleet asks, however long its source takes, whoever else asks, and whatever comes of it. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import type { KeepHome } from "../../lib/kept/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store, StoreAdapter } from "../../lib/store/port.ts";
import { fakeDatabase, type ManualRuntime, manualRuntime } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { sleep } from "../../lib/time.ts";

const NOTHING = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Counts what is said to the machine of claims. */
function countedStore(runtime: ManualRuntime, traits: Partial<Store["traits"]>) {
  const store = memory();
  const counted = { claims: 0, adapter: null as unknown as StoreAdapter };
  const opened = store.open(runtime);
  const counting: Store = {
    ...opened,
    traits: { ...opened.traits, ...traits },
    transact: (machine, key, message) => {
      if (machine.name === "kept-claim") counted.claims += 1;
      return opened.transact(machine, key, message);
    },
  };
  counted.adapter = { ...store, open: () => counting };
  return counted;
}

interface Fleet {
  readonly namespaces?: readonly string[];
  readonly traits?: Partial<Store["traits"]>;
  readonly keepHome?: (runtime: ManualRuntime) => KeepHome;
}

function fleet(size: number, { namespaces = ["one"], traits = {}, keepHome }: Fleet = {}) {
  const runtime = manualRuntime();
  const store = countedStore(runtime, traits);
  const home = keepHome?.(runtime);
  const tides = Array.from({ length: size }, (_, n) =>
    tidegate({
      database: fakeDatabase(() => []),
      store: store.adapter,
      config: readConfig({ APP_ENV: "testing", STATE_NAMESPACE: namespaces[n % namespaces.length] ?? "one" }),
      ...(home && { keepHome: home }),
      runtime,
      log: NOTHING,
    }),
  );
  return { runtime, tides, store };
}

const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};

describe("one of a fleet", () => {
  test("asks a source that takes longer than a claim, and the others go on waiting for it", async () => {
    const { runtime, tides } = fleet(4);
    let loads = 0;
    const load = async () => {
      loads += 1;
      await sleep(runtime, 5_500);
      return loads;
    };
    const asked = tides.map((tide) => tide.kept("slow", load, { share: "fleet" }));
    await runtime.advance(5_700);
    expect([loads, (await Promise.all(asked)).map(({ value }) => value)]).toEqual([1, [1, 1, 1, 1]]);
  });

  test("that asks for longer than others wait is joined by these, and by none whom nobody waits for", async () => {
    const { runtime, tides } = fleet(4);
    let loads = 0;
    const load = async () => {
      loads += 1;
      if (loads > 1) await sleep(runtime, 20_000);
      return loads;
    };
    const options = { freshSeconds: 30, refresh: "background" } as const;
    const values = async () =>
      (await Promise.all(tides.map((tide) => tide.kept("report", load, options)))).map(({ value }) => value);
    await tides[0]?.kept("report", load, options);
    await runtime.advance(31_000);
    for (let second = 0; second < 19; second++) {
      expect(await values()).toEqual([1, 1, 1, 1]);
      await runtime.advance(1_000);
    }
    expect(loads).toBe(2);
    await runtime.advance(3_000);
    expect([await values(), loads]).toEqual([[2, 2, 2, 2], 2]);
  });

  test("replaces an answer that is not fresh any more, also where its caller waits", async () => {
    const { runtime, tides } = fleet(8);
    let loads = 0;
    const load = async () => {
      loads += 1;
      await sleep(runtime, 300);
      return loads;
    };
    const ask = () => Promise.all(tides.map((tide) => tide.kept("report", load, { freshSeconds: 5 })));
    const first = ask();
    await runtime.advance(1_000);
    await first;
    // On a cold key each of them has asked.
    expect(loads).toBe(8);
    await runtime.advance(6_000);
    const again = ask();
    await runtime.advance(1_000);
    expect([loads, new Set((await again).map(({ value }) => value))]).toEqual([9, new Set([9])]);
  });

  test("that is told what cannot be kept lets the others ask at once, and at the same time", async () => {
    const { runtime, tides } = fleet(6);
    const load = async () => {
      await sleep(runtime, 300);
      return 1;
    };
    const asked = tides.map((tide) => tide.kept("none", load, { share: "fleet", worthKeeping: () => false }));
    await runtime.advance(800);
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("is one request, where those of an instance must not wait for each other", async () => {
    const { runtime, tides } = fleet(2, { traits: { sharesIo: false } });
    let loads = 0;
    const load = async () => {
      loads += 1;
      await sleep(runtime, 300);
      return loads;
    };
    const asked = Array.from({ length: 20 }, (_, n) => tides[n % 2]?.kept("report", load, { share: "fleet" }));
    await runtime.advance(1_000);
    expect([loads, new Set((await Promise.all(asked)).map((found) => found?.value))]).toEqual([1, new Set([1])]);
  });

  test("is not looked for while the source is away: old answers cost the store nothing", async () => {
    const { runtime, tides, store } = fleet(1);
    const [tide] = tides;
    const ask = (load: () => number) => tide?.kept("report", load, { freshSeconds: 5, share: "fleet" });
    await ask(() => 1);
    await runtime.advance(6_000);
    const before = store.claims;
    for (let n = 0; n < 100; n++) expect((await ask(away))?.stale).toBe(true);
    expect(store.claims - before).toBeLessThanOrEqual(2);
    await runtime.advance(1_000);
    expect((await ask(() => 2))?.value).toBe(2);
  });
});

test("questions for whose answers there is no place cost the store nothing, whoever makes them up", async () => {
  const { tides, store } = fleet(1);
  const [tide] = tides;
  for (let n = 0; n < 100; n++) await tide?.kept(`made up ${n}`, () => n, { share: "fleet", maxEntries: 10 });
  // One to claim and one to release.
  expect(store.claims).toBe(20);
});

test("an older answer, in a place that is behind, is not taken for the one that was waited for", async () => {
  // As Cloudflare's KV may be, by a minute: the first one is seen, and none that comes after.
  const behind = (runtime: ManualRuntime): KeepHome => {
    let seen: { readonly value: string; readonly at: number } | undefined;
    return {
      get: () => (seen ? { value: seen.value, ageMs: runtime.monotonicMs() - seen.at } : null),
      set: (_, value) => {
        seen ??= { value, at: runtime.monotonicMs() };
      },
    };
  };
  const { runtime, tides } = fleet(2, { traits: { inProcess: false }, keepHome: behind });
  let loads = 0;
  const load = async () => {
    loads += 1;
    await sleep(runtime, 300);
    return loads;
  };
  const first = tides[0]?.kept("report", load);
  await runtime.advance(400);
  expect((await first)?.value).toBe(1);
  await runtime.advance(60_000);
  const asked = Promise.all(tides.map((tide) => tide.kept("report", load, { share: "fleet" })));
  await runtime.advance(1_000);
  expect((await asked).map(({ value }) => value)).toEqual([2, 3]);
});

test("applications that share a store in a process share nothing of what they keep", async () => {
  const { tides } = fleet(3, { namespaces: ["shop", "office", "shop"] });
  const values = [];
  for (const [n, tide] of tides.entries()) {
    values.push((await tide.kept("users", () => `of ${n}`, { freshSeconds: 60 })).value);
  }
  expect(values).toEqual(["of 0", "of 1", "of 0"]);
});

test("a refresh that never ends is given up after a while, and who asks then is not kept waiting by it", async () => {
  const { runtime, tides } = fleet(1);
  const [tide] = tides;
  let loads = 0;
  const signals: AbortSignal[] = [];
  const ask = () =>
    tide?.kept(
      "report",
      ({ signal }) => {
        loads += 1;
        signals.push(signal);
        return loads === 2 ? new Promise<number>(() => {}) : loads;
      },
      { freshSeconds: 5, staleSeconds: 60, refresh: "background" },
    );
  await ask();
  await runtime.advance(6_000);
  expect((await ask())?.value).toBe(1);
  await runtime.advance(301_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect((await ask())?.value).toBe(3);
});

test("a call that never ends is joined by nobody who comes much later, however many have asked all the time", async () => {
  const { runtime, tides } = fleet(1);
  const [tide] = tides;
  let loads = 0;
  const ask = () => tide?.kept("report", () => (++loads === 1 ? new Promise<number>(() => {}) : loads));
  for (let second = 0; second < 300; second += 10) {
    void ask();
    await runtime.advance(10_000);
  }
  expect(loads).toBe(1);
  expect((await ask())?.value).toBe(2);
});
