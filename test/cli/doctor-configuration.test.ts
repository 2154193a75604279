/** The doctor in front of an environment that is well, or not, whatever servers it names. */
import { describe, expect, test } from "vitest";
import { checkConfiguration } from "../../lib/cli/doctor/configuration.ts";
import { checkSecrets } from "../../lib/cli/doctor/secrets.ts";
import { readConfig } from "../../lib/config.ts";
import { because } from "../support/because.ts";
import { cli } from "../support/cli.ts";
import { examined, MODEST } from "../support/examined.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";

type Environment = Readonly<Record<string, string>>;
/** A secret of 44 characters, another for each letter. */
const letter = (one: string) => `${one}q8Zt5LrXw2VbN7cKfY0hJmD3sGpT6uEaR9iUoHx4kQ1`;
/** Of production, with nothing to mend. */
const SOUND: Environment = {
  APP_ENV: "production",
  DATABASE_URL: "postgres://127.0.0.1:1/fab",
  STATE_URL: "redis://127.0.0.1:1",
  EXPECTED_INSTANCES: "2",
  ADMIN_TOKENS: `ada:${letter("a")}`,
  MONITOR_TOKENS: `grafana:${letter("m")}`,
  SESSION_SECRET: letter("s"),
  CRON_SECRET: letter("c"),
  WATCHDOG_ENABLED: "true",
};

describe("configuration", () => {
  test("that cannot be used is told whole, and nothing else is looked at", async () => {
    const { code, checks, out } = await examined({
      DATABASE_URL: "mysql://root:hunter2@db/fab",
      DB_POOL_SIZE: "many",
      DB_MAX_OVERFLOWS: "hunter3",
    });
    expect(code).toBe(1);
    expect(checks.map(({ verdict, found }) => `${verdict} ${found.split(" ")[0]}`)).toEqual([
      "fail DATABASE_URL",
      "fail DB_POOL_SIZE",
      "warn DB_MAX_OVERFLOWS",
      "warn not",
    ]);
    expect(checks.at(-2)?.remedy).toBe("rename it to DB_MAX_OVERFLOW, or remove it");
    expect(out).not.toMatch(/hunter/);
  });

  test("of a development start is fine", async () => {
    const { code, of } = await examined({});
    expect(of("database")).toMatchObject([{ verdict: "ok", found: expect.stringContaining("pglite") }]);
    expect(of("store")).toMatchObject([{ verdict: "ok" }]);
    expect(of("restart hook")).toMatchObject([{ verdict: "ok", found: "soft: nothing to ask" }]);
    expect(code).toBe(0);
  });

  test("of production warns of what is missing; --strict makes that an end with 1", async () => {
    const env = { APP_ENV: "production", DATABASE_URL: "pglite:" };
    const { code, of } = await examined(env);
    expect(of("configuration").map(({ verdict }) => verdict)).toContain("warn");
    expect(of("audit")).toMatchObject([{ verdict: "warn", remedy: expect.stringContaining("AUDIT_FILE") }]);
    expect(code).toBe(0);
    expect((await examined(env, "--strict")).code).toBe(1);
  });

  test("is written for people as well", async () => {
    const { code, out } = await cli(["doctor"], { APP_ENV: "production", DATABASE_URL: "pglite:" });
    expect(code).toBe(0);
    expect(out).toMatch(/^ok +database +pglite/m);
    expect(out).toMatch(/^warn +audit .*\n +→ set AUDIT_FILE/m);
    expect(out).toMatch(/^\d+ fine, \d+ to look at, 0 to mend$/m);
  });
});

const NETLIFY = { RESTART_HOOK: "netlify-hook", NETLIFY_BUILD_HOOK_URL: "https://api.example/build_hooks/0123456789" };

describe("where others depend on it", () => {
  const said = (env: Environment) =>
    checkConfiguration(readConfig({ ...SOUND, ...env })).flatMap(({ about, verdict }) =>
      verdict === "ok" ? [] : [`${verdict} ${about}`],
    );

  test.each<[string, Environment, Environment]>([
    ["breaker", { CIRCUIT_BREAKER_ENABLED: "false" }, {}],
    ["capacity", { DB_MAX_CONCURRENT: "61" }, { DB_MAX_CONCURRENT: "60" }],
    ["health", { HEALTH_MEMO_TTL_SECONDS: "0" }, { HEALTH_MEMO_TTL_SECONDS: "1" }],
    ["rate limit", { RATE_LIMIT_PER_MINUTE: "0" }, { RATE_LIMIT_PER_MINUTE: "0", APP_ENV: "staging" }],
    ["origins", { CORS_ORIGINS: "*" }, { CORS_ORIGINS: "https://fab.example" }],
    ["exposure", { APP_ENV: "development", HOST: "0.0.0.0" }, { APP_ENV: "development", HOST: "127.0.0.1" }],
    ["watchdog", { ...NETLIFY, CRON_SECRET: "" }, NETLIFY],
    ["watchdog", { ...NETLIFY, CRON_SECRET: "" }, { ...NETLIFY, CRON_SECRET: "", WATCHDOG_ENABLED: "false" }],
    ["watchdog", { ...NETLIFY, CRON_SECRET: "" }, { RESTART_HOOK: "soft", CRON_SECRET: "" }],
    ["configuration", { CIRCUIT_BREAKER_COLOUR: "red" }, { PATH: "/bin" }],
  ])("%s: %o is warned of, %o is not", (about, dubious, fine) => {
    expect(said(dubious)).toEqual([`warn ${about}`]);
    expect(said(fine)).toEqual([]);
  });
});

describe("secrets", () => {
  const said = (env: Environment) => {
    const config = readConfig({ ...SOUND, ...env });
    const text = JSON.stringify(checkSecrets(config));
    for (const secret of config.secrets) expect(text).not.toContain(secret);
    return checkSecrets(config).map(({ verdict, found }) => `${verdict} ${found}`);
  };

  test("that are long, and each another, are fine", () => {
    expect(said({})).toEqual(["ok 4, of which none is another"]);
    expect(said({ ADMIN_TOKENS: `ada:${letter("a")},ada:${letter("b")}` })).toEqual(["ok 5, of which none is another"]);
  });

  test.each<[string, Environment]>([
    ["ADMIN_TOKENS (ada), MONITOR_TOKENS (m)", { MONITOR_TOKENS: `m:${letter("a")}` }],
    ["ADMIN_TOKENS (ada), CRON_SECRET", { CRON_SECRET: letter("a") }],
    ["MONITOR_TOKENS (grafana), SESSION_SECRET", { SESSION_SECRET: letter("m") }],
    ["CRON_SECRET, STATE_TOKEN", { STATE_URL: "upstash:https://eu1.example", STATE_TOKEN: letter("c") }],
    ["ADMIN_TOKENS (ada), CRON_SECRET, SESSION_SECRET", { CRON_SECRET: letter("a"), SESSION_SECRET: letter("a") }],
  ])("%s that are the same have to be mended", (who, env) => {
    expect(said(env)).toEqual([`fail ${who} are the same`]);
  });

  test("that are short are warned of in production", () => {
    const short = {
      ADMIN_TOKENS: `ada:${letter("a").slice(0, 31)},bob:${letter("b").slice(0, 32)}`,
      CRON_SECRET: letter("c").slice(0, 16),
    };
    expect(said(short)).toEqual([
      expect.stringMatching(/^warn less than 32 characters, and refused .*: ADMIN_TOKENS \(ada\), CRON_SECRET$/),
    ]);
    expect(said({ ...short, APP_ENV: "staging" })).toEqual(["ok 5, of which none is another"]);
  });

  test("of sessions that each instance makes for itself are warned of", () => {
    const without = { SESSION_SECRET: "", APP_ENV: "staging" };
    expect(said(without)).toEqual([expect.stringMatching(/^warn SESSION_SECRET is not set: /)]);
    expect(said({ ...without, EXPECTED_INSTANCES: "1" })).toEqual(["ok 3, of which none is another"]);
    expect(said({ ...without, ADMIN_TOKENS: "" })).toEqual(["ok 2, of which none is another"]);
    // Its supervisor makes one for all.
    expect(said({ ...without, WEB_CONCURRENCY: "2" })).toEqual(["ok 3, of which none is another"]);
  });
});

test("what is said of secrets shows none, and can be read", async () => {
  const { of, out } = await examined({
    ...SOUND,
    DATABASE_URL: "pglite:",
    STATE_URL: "",
    CRON_SECRET: letter("t").slice(0, 16),
  });
  expect(of("secrets")).toMatchObject([{ found: expect.stringMatching(/^less than 32 .* log in: CRON_SECRET$/) }]);
  expect(out).not.toContain(letter("t").slice(0, 16));
});

const noServers = postgresUnavailable() ?? redisUnavailable();
test.skipIf(noServers)(`a sound production has nothing to look at${because(noServers)}`, async () => {
  const [database, store] = await Promise.all([startPostgres(), startRedis({ appendonly: true })]);
  await database.query("create role fab login password 'pw' connection limit 6");
  const { bad, code, of } = await examined(
    {
      ...SOUND,
      ...MODEST,
      DB_MAX_CONCURRENT: "2",
      STATE_URL: store.url,
      STATE_DEADLINE_MS: "1000",
      DATABASE_URL: database.url.replace(/\/\/[^@]+@/, "//fab:pw@"),
    },
    "--strict",
  );
  await Promise.all([database.dispose(), store.dispose()]);
  expect(bad()).toEqual([]);
  expect(of("connections")).toMatchObject([{ found: "the fleet may open 6 of 6" }]);
  expect(code).toBe(0);
});
