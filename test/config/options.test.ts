/** What `tidegate()` is given: what cannot be used is told at once, with the words to write instead. */
import pg from "pg";
import postgresJs from "postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { SETTING_NAMES } from "../../lib/config/in-code.ts";
import { type Config, ConfigError, readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type TidegateOptions, tidegate } from "../../lib/tidegate.ts";

const refusal = (options: unknown): ConfigError => {
  try {
    tidegate(options as TidegateOptions);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("it was to be refused");
};
const found = (options: object, variable: string): string | undefined =>
  refusal({ store: memory(), ...options }).faults.find((fault) => fault.variable === variable)?.found;

describe("options in code", () => {
  test("win over the environment, which wins over defaults", () => {
    const { config } = tidegate({
      store: memory(),
      namespace: "orders",
      lanes: { request: { capacity: 41, waitMs: 250 }, slow: { waitMs: 5_000 } },
      breaker: { failureThreshold: 9 },
      http: { rateLimitPerMinute: 0 },
      log: { level: "silent" },
    });
    expect(config.store.namespace).toBe("orders");
    expect(config.gate).toMatchObject({ capacity: { request: 41, health: 1 }, failureThreshold: 9 });
    expect(config.admission).toMatchObject({ waitTimeoutMs: 250, slow: { waitTimeoutMs: 5_000 } });
    expect(config.http.rateLimitPerMinute).toBe(0);
    expect(config.log).toEqual({ level: "silent", format: null });
  });

  test("are enforced by the gate", async () => {
    const tide = tidegate({
      store: memory(),
      lanes: { request: { capacity: 1, waitMs: 0 }, slow: { capacity: 1, waitMs: 60_000 } },
      log: { level: "silent" },
    });
    onTestFinished(() => tide.close());
    const until = Promise.withResolvers<void>();
    const holding = tide.run(() => until.promise);
    await expect(tide.run(() => 1)).rejects.toMatchObject({ refusal: { reason: "full" } });
    const slow = tide.run(() => until.promise, { lane: "slow" });
    const waiting = tide.run(() => 2, { lane: "slow" });
    until.resolve();
    expect(await waiting).toBe(2);
    await Promise.all([holding, slow]);
  });

  test("make `log` a log of the application's own, or the settings of the default one", () => {
    const quiet = () => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    expect(tidegate({ store: memory(), log }).config.log.level).toBe("info");
    expect(tidegate({ store: memory(), log: { level: "error" } }).config.log.level).toBe("error");
  });

  test("reach the driver", () => {
    const pools: unknown[] = [];
    const database = fakeDatabase(() => []);
    const open: typeof database.open = (settings, runtime) => {
      pools.push(settings);
      return database.open(settings, runtime);
    };
    tidegate({ database: { ...database, open }, store: memory(), pool: { size: 3 }, log: { level: "silent" } });
    expect(pools).toMatchObject([{ poolSize: 3 }]);
  });
});

describe("options that cannot be used", () => {
  test.each<[string, object, string, string]>([
    ["a factory not called", { store: memory }, "store", "the function memory, not called: write store: memory()"],
    [
      "a store's factory that needs a URL",
      { store: redis },
      "store",
      "the function redis, not called: write store: redis()",
    ],
    [
      "a driver not called",
      { database: postgres },
      "database",
      "the function postgres, not called: write database: postgres(url)",
    ],
    [
      "a URL for a database",
      { database: "postgres://app:hunter2@db/fab" },
      "database",
      "a text: write database: postgres(url)",
    ],
    ["a URL for a store", { store: "redis://:hunter2@db" }, "store", "a text: write store: redis(url)"],
    ["a promise", { database: Promise.resolve(fakeDatabase(() => [])) }, "database", "a promise: await it"],
    ["no store", { store: undefined }, "store", "nothing"],
    ["null", { database: null }, "database", "null"],
    [
      "a hook not called",
      { restart: function render() {} },
      "restart",
      "the function render, not called: write restart: render(…)",
    ],
    ["a number for a text", { appVersion: 3 }, "appVersion", "3"],
    ["an environment for a configuration", { config: { PORT: "1" } }, "config", "an object of something else"],
    ["a text for a configuration", { config: "staging" }, "config", '"staging"'],
    ["a name that there is not", { databse: fakeDatabase(() => []) }, "databse", "databse; did you mean database?"],
  ])("%s is told", (_what, options, variable, text) => {
    expect(found(options, variable)).toBe(text);
  });

  test("connections of pg are led to their facade, and those of postgres.js to theirs", async () => {
    const pool = new pg.Pool({ host: "127.0.0.1", port: 1 });
    const sql = postgresJs("postgres://127.0.0.1:1/none");
    expect(found({ database: pool }, "database")).toMatch(
      /^connections of pg: .* guardPool\(tide, pool\) of tidegate\/adapters\/pg$/,
    );
    expect(found({ database: sql }, "database")).toMatch(
      /^postgres\.js: .* guardSql\(tide, sql\) of tidegate\/adapters\/postgres-js$/,
    );
    await Promise.all([pool.end(), sql.end()]);
  });

  test.each([undefined, null, 5, "memory"])("%j in the place of options is told", (options) => {
    expect(refusal(options).faults).toMatchObject([
      { variable: "tidegate()", needed: expect.stringContaining("{ store: memory() }") },
    ]);
  });

  test("are told all together, and none of them shows a secret", () => {
    const error = refusal({ database: "postgres://app:hunter2@db/fab", store: memory, restart: "render" });
    expect(error.faults.map(({ variable }) => variable).toSorted()).toEqual(["database", "restart", "store"]);
    expect(error.message).not.toContain("hunter2");
  });
});

describe("settings beside a configuration that has been read", () => {
  const config: Config = readConfig({ ADMIN_TOKENS: "kim:a-token-of-a-test" });

  test.each(["appName", ...SETTING_NAMES.filter((name) => name !== "log")])("%s is said in one place", (name) => {
    const [fault] = refusal({ store: memory(), config, [name]: {} }).faults;
    expect(fault).toMatchObject({ variable: name, found: `${name} beside config` });
    expect(fault?.needed).toContain(`config: readConfig(env, { ${name}: … })`);
  });

  test("log settings too, and an own log not", () => {
    const quiet = () => {};
    expect(found({ config, log: { level: "warn" } }, "log")).toBe("log beside config");
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    expect(() => tidegate({ store: memory(), config, log })).not.toThrow();
  });

  test("that are undefined are none", () => {
    expect(() => tidegate({ store: memory(), config, lanes: undefined, log: undefined })).not.toThrow();
  });
});

describe("limits of tide.with", () => {
  test.each<[unknown, string]>([
    [{ lane: "health" }, 'lane must be "request" or "slow", was "health"'],
    [{ deadlineMs: 0 }, "deadlineMs must be a number of milliseconds above 0, was 0"],
    [{ deadlineMs: "5" }, 'deadlineMs must be a number of milliseconds above 0, was "5"'],
    [{ signal: new AbortController() }, "signal must be an AbortSignal, was {}"],
    [{ timeout: 5 }, "there is no limit timeout, but lane, deadlineMs, waitMs, signal"],
    [undefined, "limits such as { deadlineMs: 5000 } are needed first"],
    [() => 1, "limits such as { deadlineMs: 5000 } are needed first"],
  ])("%j are told", (limits, text) => {
    const tide = tidegate({ store: memory(), log: { level: "silent" } });
    expect(() => tide.with(limits as object, () => 1)).toThrow(new TypeError(`tide.with: ${text}`));
  });

  test("need a function behind them", () => {
    const tide = tidegate({ store: memory(), log: { level: "silent" } });
    expect(() => tide.with({}, undefined as never)).toThrow("a function is needed behind the limits");
  });
});
