/** What a guard does at the ends of what it does: calls that never end, callers who are refused, pushes nobody wants. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { PushMessage } from "../../lib/gate/renewal.ts";
import { guardDatabase, type HoldingCounts } from "../../lib/guard/database/guarded-database.ts";
import { Reader } from "../../lib/guard/database/reader.ts";
import { BATCH_ROWS } from "../../lib/guard/database/stream.ts";
import { createGateClient } from "../../lib/guard/gate-client/client.ts";
import { acquire } from "../../lib/guard/permit.ts";
import { createPushes } from "../../lib/guard/pushes.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { createShared } from "../../lib/guard/shared.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store } from "../../lib/store/port.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { SETTINGS } from "../support/execution.ts";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const ENV = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10", DB_TCP_CONNECT_TIMEOUT: "3" };
const ignore = () => {};
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const ROWS = Array.from({ length: 2 * BATCH_ROWS }, (_, n) => ({ n }));

describe("a call of our own driver that does not end", () => {
  it("keeps its permit for as long as its server may take to end it: lease, connecting, grace and a second", async () => {
    const { runtime, instance } = fleet(ENV);
    const guard = instance();
    const stuck = follow(guard.run(heldCall().call, { deadlineMs: 100, ends: true }));
    const next = heldCall();
    const waits = follow(guard.run(next.call, { waitMs: 60_000 }));
    await runtime.advance(100);
    expect(stuck.result()?.error).toMatchObject({ fault: "timeout" });
    await runtime.advance(2_000 + 3_000 + 2_000 + 1_000 - 1);
    expect([next.started(), waits.result()]).toEqual([false, null]);
    await runtime.advance(1);
    expect(next.started()).toBe(true);
  });
});

it("an instance that has seen no failure looks after the database once its caller is refused", async () => {
  const { runtime, instance } = fleet({ ...ENV, DB_POOL_SIZE: "4" });
  let looks = 0;
  const [failing, other] = [instance(), instance(() => void looks++)];
  for (let n = 0; n < 20; n++) await failing.run(() => Promise.reject(new Error("down"))).catch(() => {});
  await other.view();
  await runtime.advance(0);
  expect(looks).toBe(0);
  await expect(other.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "open" } });
  await runtime.advance(0);
  expect(looks).toBe(1);
});

describe("a database handle", () => {
  function scene(holding?: HoldingCounts, reader?: Reader) {
    const { runtime, log, instance } = fleet(ENV);
    const database = fakeDatabase(() => ROWS).open(SETTINGS, runtime);
    const guard = instance();
    return { runtime, guard, db: guardDatabase({ guard, database, runtime, log, holding, reader }) };
  }

  it("counts, while its reader keeps a stream waiting, that a permit is held, and not afterwards", async () => {
    const holding = { request: 0, slow: 0 };
    const { db, runtime } = scene(holding);
    const rows = db.stream`select n`;
    await rows.next();
    await runtime.advance(0);
    expect(holding).toEqual({ request: 1, slow: 0 });
    for await (const _ of rows);
    expect(holding).toEqual({ request: 0, slow: 0 });
    const left = db.lane("slow").stream`select n`;
    await left.next();
    await runtime.advance(0);
    expect(holding).toEqual({ request: 0, slow: 1 });
    await left.return?.();
    expect(holding).toEqual({ request: 0, slow: 0 });
  });

  it("that many share has its calls wait, whoever holds a permit", async () => {
    const { db, guard, runtime } = scene();
    const held = heldCall();
    void follow(guard.run(held.call));
    const asked = follow(db.query`select 1`);
    await runtime.advance(5_000);
    expect(asked.result()).toBeNull();
    held.succeed();
    await runtime.advance(0);
    expect(asked.result()?.value).toHaveLength(ROWS.length);
  });

  it("ends its streams where nobody will read them, before their first row or after it", async () => {
    const reader = new Reader(() => new AbortController().signal);
    const { db, guard, runtime } = scene(undefined, reader);
    const rows = db.stream`select n`;
    await rows.next();
    reader.abandon(new Error("nobody reads"));
    await runtime.advance(0);
    expect((await guard.view()).lanes.request.running).toBe(0);
    const later = await db.stream`select n`.next().catch((error: Error) => error);
    expect(later).not.toMatchObject({ value: { n: 0 } });
  });
});

it("a permit that was never had is not told of as abandoned", async () => {
  const { runtime, log, events, instance } = fleet(ENV);
  const guard = instance();
  guard.close();
  const asked = acquire({ guard, runtime, log, notesPlace: false }, {});
  await expect(asked).rejects.toMatchObject({ refusal: { reason: "closing" } });
  await runtime.advance(60_000);
  expect([events, runtime.pendingTimers()]).toMatchObject([[{ event: "refusals.begun" }], 0]);
});

describe("a gate client", () => {
  it("that has closed refuses who comes, without a word to the store", async () => {
    const { adapter, sent } = farStore();
    const runtime = manualRuntime();
    const store = adapter.open(runtime);
    const rules = guardRules(readConfig({}), store.traits);
    const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
    const shared = createShared({ store, runtime, log: SILENT });
    const client = createGateClient({ name: "a", key: "a", store, rules, about, runtime, log: SILENT, shared });
    client.close();
    const ask = { lane: "request", deadlineMs: 1, waitUntil: 0, signal: undefined, refusedAs: "full" } as const;
    expect(client.enter(ask)).toMatchObject({ kind: "refusal", reason: "closing" });
    expect(sent).toEqual([]);
  });
});

describe("pushes of the store", () => {
  function scene() {
    const deliver: ((key: string, message: PushMessage) => void)[] = [];
    let stopped = 0;
    const onPush: Store["onPush"] = (_scope, _instance, heard) => {
      deliver.push(heard);
      return () => void stopped++;
    };
    const log = SILENT;
    const store = { ...memory().open(manualRuntime()), onPush };
    const pushes = createPushes({ store, instance: () => "a", log });
    const heard: string[] = [];
    const listen = (key: string, as = key) => pushes.listen(key, (message) => void heard.push(`${as} ${message}`));
    return { pushes, heard, listen, deliver, stopped: () => stopped };
  }

  it("are heard by one subscription, by who listens for that gate, until it listens no more", () => {
    const { heard, listen, deliver } = scene();
    const [stop] = [listen("x"), listen("y")];
    expect(deliver).toHaveLength(1);
    deliver[0]?.("x", "wake");
    deliver[0]?.("z", "wake");
    stop();
    deliver[0]?.("x", "wake");
    deliver[0]?.("y", "reclaim");
    expect(heard).toEqual(["x wake", "y reclaim"]);
  });

  it("are heard by who listened last, whose place an older listener does not give up", () => {
    const { heard, listen, deliver } = scene();
    const stop = listen("x", "older");
    listen("x", "newer");
    stop();
    deliver[0]?.("x", "wake");
    expect(heard).toEqual(["newer wake"]);
  });

  it("end with the instance, and where nobody ever listened there is nothing to end", () => {
    const { pushes, heard, listen, deliver, stopped } = scene();
    listen("x");
    pushes.close();
    deliver[0]?.("x", "wake");
    expect([heard, stopped()]).toEqual([[], 1]);
    const idle = scene();
    idle.pushes.close();
    expect(idle.stopped()).toBe(0);
  });
});
