/** Whatever somebody has written into a store, its readers say what is damaged and go on. */
import { describe, expect, test } from "vitest";
import { storeClock } from "../../lib/store/deno-kv/clock.ts";
import type { KvKey } from "../../lib/store/deno-kv/platform.ts";
import { transactions } from "../../lib/store/deno-kv/transactions.ts";
import { openKv, openLog } from "../../lib/store/deno-kv/values.ts";
import { durableObject } from "../../lib/store/durable-object/durable-object.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { fakeKv } from "../support/fake-kv.ts";
import { fakeObjects } from "../support/fake-object.ts";
import { ADMIN, operatedApp } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";
import { chance, spoilt } from "./spoilt.ts";

const ROUNDS = 40;

interface Home {
  /** As a process that has just been started finds it. */
  adapter(): StoreAdapter;
  /** Changes some of what is kept; only that whose name has the word, where one is given. @returns What it changed. */
  spoil(random: () => number, word?: string): string;
}

function denoHome(): Home {
  const kv = fakeKv();
  const nameOf = (key: KvKey) => key.join(" ");
  return {
    adapter: () => ({
      kind: "deno-kv",
      address: "deno-kv:",
      open: (runtime) => {
        const connect = Object.assign(async () => kv, { close: async () => {} });
        const place = { connect, clock: storeClock(runtime), runtime };
        const gate = { pushes: false, renewalsPerSecond: 200, sessionsKept: 1_024 };
        const traits = { inProcess: false, sharesIo: true, freezes: false, ownClock: false };
        return {
          kind: "deno-kv",
          address: "deno-kv:",
          traits: { gate, ...traits, deadlineMs: 250, firstContactMs: 2_000 },
          transact: transactions(place),
          onPush: () => () => {},
          kv: openKv(place),
          log: openLog(place),
          close: async () => {},
        };
      },
    }),
    spoil: (random, word = "") => {
      const keys = kv.keys().filter((key) => nameOf(key).includes(word));
      const key = keys[Math.floor(random() * keys.length)] ?? [];
      let told = "";
      kv.put(key, (value) => {
        const by = spoilt(value, random);
        told = `${nameOf(key)}: ${JSON.stringify(by)}`;
        return by;
      });
      return told;
    },
  };
}

function objectHome(): Home {
  const objects = fakeObjects();
  return {
    adapter: () => ({
      kind: "durable-object",
      address: "durable-object:",
      open: (runtime) => durableObject(objects.binding(runtime)).open(runtime),
    }),
    spoil: (random, word = "") => {
      const all = [...objects.entries].flatMap(([object, rows]) =>
        [...rows.keys()].map((row) => ({ object, row, rows })),
      );
      const found = all.filter(({ object }) => object.includes(word));
      const one = found[Math.floor(random() * found.length)];
      const by = spoilt(one?.rows.get(one.row), random);
      one?.rows.set(one.row, by);
      return `${one?.object} ${one?.row}: ${JSON.stringify(by)}`;
    },
  };
}

const OVERRIDE = { manual_override: true, override_acknowledged: true, override_reason: "I have looked" };
const WORD = { mode: "force_closed", ttl_seconds: 60, reason: "I know better" };

async function lived(home: Home): Promise<void> {
  const app = operatedApp({ store: home.adapter(), auditLog: null });
  await passing(app.runtime, Promise.resolve(app.app.request("/orders")));
  expect((await app.restart({ reason: "it hangs" })).status).toBe(202);
  expect((await app.restart({ reason: "again" })).status).toBe(429);
  expect((await app.post("/admin/api/breaker", { mode: "auto", reason: "by itself" })).status).toBe(200);
  expect((await app.get("/health")).status).toBe(200);
  await passing(app.runtime, app.tide.close());
}

/** Everything that reads the store, and the two overrides. */
async function read(app: ReturnType<typeof operatedApp>): Promise<string[]> {
  const wrong: string[] = [];
  const failed = () =>
    app.lines
      .filter(({ level }) => level === "error")
      .map(({ event, fields }) => `${event} ${String((fields.error as Error)?.stack ?? fields.error)}`.slice(0, 400));
  const note = (what: string, status: number, ...fine: number[]) => {
    if (!fine.includes(status)) wrong.push(`${what}: ${status} ${failed().at(-1)}`);
  };
  const at = async (path: string) =>
    (await passing(app.runtime, Promise.resolve(app.app.request(path, { headers: { authorization: ADMIN } })))).status;
  note("orders", await at("/orders"), 200);
  for (const path of ["/admin", "/health", "/health/deep", "/metrics"]) note(path, await at(path), 200);
  for (const path of ["system-status", "worker/status", "audit"]) note(path, await at(`/admin/api/${path}`), 200);
  note("breaker", (await app.post("/admin/api/breaker", WORD)).status, 200);
  note("override", (await app.restart(OVERRIDE)).status, 202);
  return wrong;
}

describe.each([
  ["Deno KV", denoHome],
  ["Durable Objects", objectHome],
])("what is kept in %s", (_, homeOf) => {
  test("may be anything: every reader answers, and overrides are done", async () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = chance(seed);
      const home = homeOf();
      await lived(home);
      const told = Array.from({ length: 1 + Math.floor(random() * 3) }, () => home.spoil(random));
      const app = operatedApp({ store: home.adapter(), auditLog: null });
      const found = await read(app);
      if (found.length > 0)
        wrong.push(`seed ${seed}: ${found.join(", ")} after ${told.map((one) => one.slice(0, 300)).join("; ")}`);
      await passing(app.runtime, app.tide.close());
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  test("is shown as damaged where it is: a record in its place, and the ledger until an override has shown that all is well", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = chance(seed);
      const home = homeOf();
      await lived(home);
      for (let n = 0; n < 6; n++) home.spoil(random, "audit");
      home.spoil(() => 0.2, "ledger");
      const app = operatedApp({ store: home.adapter(), auditLog: null });
      const audit = (await app.get("/admin/api/audit")).body.data;
      expect(audit?.damaged, `seed ${seed}`).not.toEqual([]);
      const worker = (await app.get("/admin/api/worker/status")).body.data;
      expect(worker).toMatchObject({
        ledger: { status: "damaged" },
        next_restart: { refused_by: "damaged", override_passes: true },
        resilience: { policy_state: { state: "blocked", blocked_by: "damaged" } },
      });
      expect(app.lines.map(({ event }) => event)).toContain("ledger.damaged");
      expect((await app.restart()).status).toBe(409);
      expect((await app.restart(OVERRIDE)).status).toBe(202);
      const page = Promise.resolve(app.app.request("/admin", { headers: { authorization: ADMIN } }));
      expect(await (await passing(app.runtime, page)).text()).toContain("damaged");
      await passing(app.runtime, app.tide.close());
    }
  }, 25_000);
});
