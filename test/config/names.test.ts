/** Names that other programs use, too: whose value it is, and what comes of one that is none of ours. */
import { describe, expect, test } from "vitest";
import type { Environment } from "../../lib/config/environment.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { ConfigError, readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";

const warned = (env: Environment) => readConfig(env).warnings.map(({ variable }) => variable);

describe("the prefix TIDEGATE_", () => {
  test("goes before every variable, and wins", () => {
    for (const [name, { default: value }] of VARIABLE_LIST) {
      if (value === null) continue;
      expect(readConfig({ [`TIDEGATE_${name}`]: value, [name]: "somebody else's" }).warnings).toEqual([]);
    }
    const env = { DB_POOL_SIZE: "3", TIDEGATE_DB_POOL_SIZE: "4", TIDEGATE_ADMIN_TOKENS: "ada:0123456789abcdef" };
    expect(readConfig(env).pool.poolSize).toBe(4);
    expect(readConfig(env).access.adminTokens).toEqual([{ name: "ada", token: "0123456789abcdef" }]);
    expect(readConfig(env).secrets).toEqual(["0123456789abcdef"]);
  });

  test("empty is not set", () => {
    expect(readConfig({ DB_POOL_SIZE: "3", TIDEGATE_DB_POOL_SIZE: " " }).pool.poolSize).toBe(3);
  });

  test("makes a value that cannot be used a fault, under the name that was written", () => {
    for (const name of ["LOG_LEVEL", "LOG_FORMAT", "APP_ENV", "PORT", "HOST", "TRUSTED_PROXIES", "DB_POOL_SIZE"]) {
      const refused = () => readConfig({ [`TIDEGATE_${name}`]: "what is this?" });
      expect(refused).toThrow(ConfigError);
      expect(refused).toThrow(`TIDEGATE_${name}\n`);
    }
  });

  test("counts as set where something is judged by that", () => {
    expect(warned({ TIDEGATE_STATE_URL: "redis://h", TIDEGATE_EXPECTED_INSTANCES: "2" })).toEqual([]);
  });

  test("before a slip of the pen does not hide it", () => {
    expect(readConfig({ TIDEGATE_DB_POOLSIZE: "1" }).warnings).toMatchObject([
      { variable: "TIDEGATE_DB_POOLSIZE", message: "is not read; did you mean TIDEGATE_DB_POOL_SIZE?" },
    ]);
    expect(warned({ TIDEGATE_URL: "https://h", TIDEGATE_TOKEN: "t", TIDEGATE_LOG_LEVEL: "warn" })).toEqual([]);
  });

  test("is not taken from what Kubernetes writes for a service called tidegate", () => {
    const links = {
      TIDEGATE_PORT: "tcp://10.96.0.17:8787",
      TIDEGATE_SERVICE_HOST: "10.96.0.17",
      TIDEGATE_SERVICE_PORT: "8787",
      TIDEGATE_PORT_8787_TCP: "tcp://10.96.0.17:8787",
      TIDEGATE_PORT_8787_TCP_ADDR: "10.96.0.17",
    };
    expect(readConfig({ ...links, PORT: "9000" })).toMatchObject({ listen: { port: 9_000 }, warnings: [] });
  });
});

describe("APP_ENV", () => {
  test.each([
    ["dev", "development"],
    ["local", "development"],
    ["test", "testing"],
    ["prod", "production"],
    ["Production", "production"],
    ["STAGING", "staging"],
  ])("takes %s for %s", (written, env) => expect(readConfig({ APP_ENV: written }).app.env).toBe(env));

  test.each([
    ["production", "production"],
    ["development", "development"],
    ["test", "testing"],
    ["staging", "staging"],
  ])("follows NODE_ENV=%s where it is not set", (NODE_ENV, env) => {
    const config = readConfig({ NODE_ENV });
    expect(config.app.env).toBe(env);
    expect(config.warnings.filter(({ variable }) => variable === "NODE_ENV")).toEqual([]);
  });

  test("wins over NODE_ENV", () => {
    expect(readConfig({ NODE_ENV: "production", APP_ENV: "staging" }).app.env).toBe("staging");
    expect(readConfig({ NODE_ENV: "production", TIDEGATE_APP_ENV: "dev" }).app.env).toBe("development");
  });

  test("of somebody else leaves it to NODE_ENV, and that of somebody else to the default", () => {
    expect(readConfig({ APP_ENV: "blue", NODE_ENV: "production" }).app.env).toBe("production");
    expect(readConfig({ APP_ENV: "blue", NODE_ENV: "qa" }).app.env).toBe("development");
    expect(warned({ APP_ENV: "blue", NODE_ENV: "qa" })).toEqual(["APP_ENV", "NODE_ENV"]);
  });

  test("NODE_ENV=production alone makes no admin and shows no error", () => {
    expect(warned({ NODE_ENV: "production" })).toContain("ADMIN_TOKENS");
  });
});

describe("words of other loggers", () => {
  test.each([
    ["trace", "debug"],
    ["verbose", "debug"],
    ["http", "info"],
    ["WARNING", "warn"],
    ["fatal", "error"],
    ["critical", "error"],
    ["silent", "silent"],
    ["OFF", "silent"],
    ["Info", "info"],
  ])("LOG_LEVEL=%s is %s", (written, level) => {
    expect(readConfig({ LOG_LEVEL: written })).toMatchObject({ log: { level }, warnings: [] });
  });

  test.each([
    ["text", "pretty"],
    ["JSON", "json"],
    ["Pretty", "pretty"],
  ])("LOG_FORMAT=%s is %s", (written, format) => expect(readConfig({ LOG_FORMAT: written }).log.format).toBe(format));

  test("no property of objects is a word", () => {
    expect(warned({ LOG_LEVEL: "constructor" })).toEqual(["LOG_LEVEL"]);
  });
});

describe("somebody else's value of a name that others use", () => {
  const THEIRS: Environment = {
    LOG_LEVEL: "myapp=debug,tower=info",
    LOG_FORMAT: "%h %l %u",
    APP_ENV: "eu-1/blue",
    PORT: "tcp://10.0.0.1:80",
    HOST: "https://shop.example/",
    TRUSTED_PROXIES: "loopback",
  };

  test.each(Object.keys(THEIRS))("%s is a warning and the default", (name) => {
    const config = readConfig({ [name]: THEIRS[name] });
    const { warnings, ...rest } = config;
    const { warnings: _none, ...defaults } = readConfig({});
    expect(rest).toEqual(defaults);
    expect(warnings).toEqual([
      {
        variable: name,
        message: `is ${JSON.stringify(THEIRS[name])}, which is not followed: it must have been meant for another program`,
        remedy: expect.stringContaining(`set TIDEGATE_${name}, which is read by nobody else, to `),
      },
    ]);
  });

  test.each(["shop.example:8080", "0.0.0.0:80", "[::1]", "[::1]:80", "10.0.0.1/8", "a b"])(
    "%j is no HOST, which would end the process where it is to listen",
    (HOST) => {
      const { listen, warnings } = readConfig({ HOST });
      expect([listen.host, warnings.map(({ variable }) => variable)]).toEqual(["127.0.0.1", ["HOST"]]);
      expect(() => readConfig({ TIDEGATE_HOST: HOST })).toThrow("TIDEGATE_HOST");
    },
  );

  test.each([
    "0.0.0.0",
    "::",
    "::1",
    "fe80::1%eth0",
    "2001:db8:0:0:0:0:0:1",
    "::ffff:192.0.2.1",
    "localhost",
    "my_app-1",
  ])("%j is a HOST", (HOST) => {
    const { listen, warnings } = readConfig({ HOST });
    expect([listen.host, warnings]).toEqual([HOST, []]);
  });

  test("is shown short, without control characters and without the secrets of others", () => {
    const env = { CRON_SECRET: "cr0n-secret-of-16", LOG_LEVEL: `cr0n-secret-of-16\u001b[2J${"x".repeat(5_000)}` };
    const [{ message } = { message: "" }] = readConfig(env).warnings;
    expect(message).not.toMatch(/\p{Cc}|cr0n-secret/u);
    expect(message.length).toBeLessThan(250);
  });

  test("all others are ours, and faults", () => {
    expect(VARIABLE_LIST.flatMap(([name, { shared }]) => (shared ? name : [])).sort()).toEqual(
      Object.keys(THEIRS).sort(),
    );
    expect(() => readConfig({ DB_POOL_SIZE: "many" })).toThrow("DB_POOL_SIZE");
  });
});

describe("what code names", () => {
  const FOREIGN = { DATABASE_URL: "mysql://root:hunter2@db/shop", STATE_URL: "amqp://guest@mq", STATE_TOKEN: "a b" };
  const database = postgres("postgres://u:p@h/a");

  test("is not looked for in the environment", () => {
    expect(() => readConfig(FOREIGN)).toThrow(ConfigError);
    const config = readConfig(FOREIGN, { database, store: redis("redis://cache") });
    expect(config.database).toEqual({ kind: "code", adapter: "postgres", address: "postgres://h/a" });
    expect(config.store).toMatchObject({ kind: "code", adapter: "redis", address: "redis://cache" });
  });

  test("decides warnings and defaults", () => {
    const store = redis("redis://cache");
    const env = { APP_ENV: "production", WEB_CONCURRENCY: "2" };
    const said = { database, store };
    expect(readConfig(env, said).warnings.map(({ variable }) => variable)).toEqual([
      "EXPECTED_INSTANCES",
      "ADMIN_TOKENS",
    ]);
    expect(warned(env)).toEqual(["WEB_CONCURRENCY", "ADMIN_TOKENS", "DATABASE_URL"]);
    expect(readConfig(env, said).listen.workers).toBe(2);
    expect(readConfig({ WEB_CONCURRENCY: "2", STATE_URL: "redis://h" }, { store: memory() }).listen.workers).toBeNull();
    expect(readConfig({}, said).store.namespace).toBe(readConfig({ DATABASE_URL: "postgres://h/a" }).store.namespace);
    expect(readConfig({ AUDIT_FILE: "a" }, said).audit.file).toBeNull();
    expect(readConfig({ AUDIT_FILE: "a", STATE_URL: "redis://h" }, { store: memory() }).audit.file).toBe("a");
  });

  test("leaves restarts under one name for the supervisor, which knows no database of code", () => {
    const env = { DATABASE_URL: "postgres://h/other" };
    expect(readConfig(env, { database }).store.ledgerNamespace).toBe(readConfig(env).store.ledgerNamespace);
    expect(readConfig(env, { database }).store.namespace).not.toBe(readConfig(env).store.namespace);
  });

  test("is told by tidegate() itself, so that another application's DATABASE_URL ends nothing", async () => {
    Object.assign(process.env, FOREIGN);
    try {
      const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
      const tide = tidegate({ database: fakeDatabase(() => [{ one: 1 }]), store: memory(), log });
      expect(await tide.db.query`select 1 as one`).toEqual([{ one: 1 }]);
      await tide.close();
    } finally {
      for (const name of Object.keys(FOREIGN)) delete process.env[name];
    }
  });
});
