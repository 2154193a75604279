/** An application that gives Tidegate no database: all but the guarded database works, and that one says what to write. */
import { describe, expect, test, vi } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { type AttachedDatabase, insidesOf } from "../../lib/guard/insides.ts";
import { memory } from "../../lib/store/memory.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const ADMIN = { headers: { authorization: "Bearer a-token-that-is-long-enough-to-pass" } };
const without = () => smallApp({}, undefined, { database: undefined });
const POOL = { size: 4, checkedOut: 3, checkedIn: 1, overflow: 0, maxCapacity: 4, waiting: 2 };
const attached = (ping: AttachedDatabase["ping"] = async () => {}): AttachedDatabase => ({
  address: "postgres://db/fab",
  ping,
  pool: () => POOL,
});

async function healthOf({ app }: Pick<ReturnType<typeof smallApp>, "app">) {
  const answer = await app.request("/health");
  return { code: answer.status, payload: (await answer.json()) as Record<string, unknown> };
}

describe("without a database", () => {
  test("guarded calls, gates and kept values work", async () => {
    const { tide } = without();
    expect(await tide.run(async () => 1)).toBe(1);
    expect(await tide.gate("billing", { capacity: 2 }).run(async () => 2)).toBe(2);
    expect(await tide.kept("answer", async () => 42)).toMatchObject({ value: 42, stale: false });
    await tide.close();
  });

  test("health is well, and says that there is none", async () => {
    const scene = without();
    const { code, payload } = await healthOf(scene);
    expect(code).toBe(200);
    expect(payload).toMatchObject({ status: "healthy", degraded_reason: null, services: { database: "disabled" } });
    const deep = (await (await scene.app.request("/health/deep", ADMIN)).json()) as { checks: { database: unknown } };
    expect(deep.checks.database).toMatchObject({ status: "disabled", latency_ms: null, pool: { max_capacity: 0 } });
    const ietf = await scene.app.request("/health", { headers: { accept: "application/health+json" } });
    expect(await ietf.json()).toMatchObject({
      status: "pass",
      checks: { "database:responseTime": [{ status: "pass" }] },
    });
    expect(await (await scene.app.request("/metrics", ADMIN)).text()).not.toMatch(/^tidegate_database_up \d/m);
  });

  test("operators see the system", async () => {
    const { app } = without();
    const answer = await app.request("/admin/api/system-status", ADMIN);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ data: { database: { status: "disabled", error: null } } });
  });

  test.each(["query", "one", "transaction", "stream"] as const)("c.var.db.%s says what to write", async (name) => {
    const { tide } = without();
    const asked = async () => {
      const result = tide.db
        .lane("slow")
        .with({ waitMs: 0 })
        [name](undefined as never);
      await (name === "stream" ? undefined : result);
    };
    await expect(asked()).rejects.toThrow(/there is none: write tidegate\(\{ database: postgres\(url\), … \}\)/);
  });

  test("a handler that asks for it is answered 500, and the log tells why", async () => {
    const { app, lines } = without();
    const answer = await app.request("/orders");
    expect(answer.status).toBe(500);
    expect(
      JSON.stringify(
        lines.find(({ level }) => level === "error"),
        errorText,
      ),
    ).toContain("tidegate({ database:");
  });

  test("what kept values load with says so as well", async () => {
    const { tide } = without();
    await expect(tide.kept("orders", ({ db }) => db.query`select 1`)).rejects.toThrow("there is none");
  });
});

describe("DATABASE_URL without a database in code", () => {
  test("is not needed, and one of another program's is no fault", () => {
    const { config } = tidegate({ store: memory() });
    expect(config.database).toEqual({ kind: "code", adapter: "none", address: "none" });
    const read = readConfig({ DATABASE_URL: "mysql://db/shop" }, { database: null });
    expect(read.database).toMatchObject({ adapter: "none" });
  });

  test("is missed where several applications share a store and none has a name", () => {
    const store = { kind: "redis", address: "redis://cache" } as const;
    const warned = (env: object, settings: object = {}) =>
      readConfig({ ...env }, { database: null, store, ...settings }).warnings.map(({ variable }) => variable);
    expect(warned({})).toContain("STATE_NAMESPACE");
    expect(warned({ DATABASE_URL: "postgres://db/fab" })).not.toContain("STATE_NAMESPACE");
    expect(warned({}, { namespace: "orders" })).not.toContain("STATE_NAMESPACE");
    expect(readConfig({}, { store }).warnings).not.toContainEqual(
      expect.objectContaining({ variable: "STATE_NAMESPACE" }),
    );
  });

  test("marks the namespace where it names a database", () => {
    const named = readConfig({ DATABASE_URL: "postgres://db/fab" }, { database: null });
    expect(named.store.namespace).toBe(readConfig({ DATABASE_URL: "postgres://db/fab" }).store.namespace);
    expect(named.store.namespace).not.toBe(readConfig({}, { database: null }).store.namespace);
  });
});

describe("a database that a facade has attached", () => {
  test("is pinged by health, and its pool is shown", async () => {
    const scene = without();
    insidesOf(scene.tide, "test").attach(attached());
    const { payload } = await healthOf(scene);
    expect(payload).toMatchObject({
      services: { database: "ok" },
      database_pool: { state: { size: 4, checked_out: 3, checked_in: 1, max_capacity: 4 } },
    });
  });

  test.each([
    ["an error of its driver", Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "DB_CONNECTION_FAILED"],
    ["an error of ours", new DatabaseError("timeout", "Too late."), "DB_QUERY_TIMEOUT"],
    ["something unknown", new Error("who knows"), "DB_CONNECTION_FAILED"],
  ])("that fails a ping with %s is unreachable", async (_what, error, code) => {
    const scene = without();
    insidesOf(scene.tide, "test").attach(attached(() => Promise.reject(error)));
    const { code: status, payload } = await healthOf(scene);
    expect(status).toBe(503);
    expect(payload).toMatchObject({ degraded_reason: "database_unreachable" });
    expect(JSON.stringify(payload.errors)).toContain(code);
  });

  test("that never answers is asked with a signal, and given up", async () => {
    const scene = without();
    const ping = vi.fn<AttachedDatabase["ping"]>(
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    insidesOf(scene.tide, "test").attach(attached(ping));
    const asked = healthOf(scene);
    await scene.runtime.advance(1_000);
    expect(await asked).toMatchObject({ code: 503, payload: { services: { database: "error" } } });
    expect(ping).toHaveBeenCalledOnce();
  });

  test("is compared with that of others under the same namespace", async () => {
    const store = memory();
    const one = smallApp({}, undefined, { database: undefined, store });
    const other = smallApp({}, undefined, { database: undefined, store });
    for (const [scene, address] of [
      [one, "postgres://db/fab"],
      [other, "postgres://db/shop"],
    ] as const) {
      const insides = insidesOf(scene.tide, "test");
      insides.attach({ ...attached(), address });
      insides.recorded(3, "request", "success");
      await scene.runtime.advance(10);
    }
    expect(other.lines).toContainEqual(expect.objectContaining({ event: "gate.databases_differ" }));
  });
});

describe("tide.with", () => {
  test("is the limits of what is called in it", async () => {
    const { tide } = without();
    expect(tide.with({ lane: "slow", deadlineMs: 5 }, () => 7)).toBe(7);
  });
});

const errorText = (_name: string, value: unknown): unknown => (value instanceof Error ? value.message : value);
