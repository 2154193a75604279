import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Environment } from "../../lib/config/environment.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { ConfigError, type ConfigFault, RESTART_HOOKS, readConfig } from "../../lib/config.ts";

function refusal(env: Environment): ConfigError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(env)} was accepted`);
}

const SHARED = VARIABLE_LIST.flatMap(([name, { shared }]) => (shared ? (name as string) : []));
/** Under the name that nobody else uses. */
const ours = (name: string) => (SHARED.includes(name) ? `TIDEGATE_${name}` : name);

const faultOf = (variable: string, value: string): ConfigFault | undefined =>
  refusal({ [ours(variable)]: value }).faults.find((fault) => fault.variable === ours(variable));

test("all faults are reported at once, each with its variable, what it needs and what was found", () => {
  const error = refusal({
    TIDEGATE_APP_ENV: "live",
    TIDEGATE_PORT: "80a",
    DB_POOL_SIZE: "0",
    DATABASE_URL: "mysql://root:hunter2@db/shop",
    CIRCUIT_BREAKER_FAILURE_RATE: "50%",
    ADMIN_TOKENS: "no-name-here",
    WATCHDOG_ENABLED: "yes",
    CF_ACCESS_AUD: "tag",
  });
  expect(error.faults).toEqual([
    { variable: "TIDEGATE_APP_ENV", needed: "one of development, testing, staging, production", found: '"live"' },
    { variable: "TIDEGATE_PORT", needed: "a whole number of port numbers from 0 to 65535", found: '"80a"' },
    { variable: "DATABASE_URL", needed: expect.stringContaining("known scheme"), found: '"mysql://***@db/shop"' },
    { variable: "DB_POOL_SIZE", needed: "a whole number of connections from 1 to 1000", found: '"0"' },
    { variable: "CIRCUIT_BREAKER_FAILURE_RATE", needed: expect.stringContaining("from 0 to 1"), found: '"50%"' },
    { variable: "WATCHDOG_ENABLED", needed: "true or false (or 1 or 0)", found: '"yes"' },
    { variable: "ADMIN_TOKENS", needed: expect.stringContaining("name:token"), found: "***" },
    { variable: "CF_ACCESS_TEAM_DOMAIN", needed: "a value, since CF_ACCESS_AUD is set", found: "nothing" },
  ]);
  for (const { variable, needed, found } of error.faults) {
    expect(error.message).toContain(`  ${variable}\n    needs  ${needed}\n    found  ${found}`);
  }
  expect(error.message).toMatch(/^Reading the environment: 8 variables are not usable\./);
  expect(error.message).not.toMatch(/hunter2|no-name-here/);
});

test("names that nobody reads are told with the faults that may come of them", () => {
  const error = refusal({ STATE_URL: "upstash:https://eu1.example", STATE_TOKN: "a-secret-token" });
  expect(error.faults.map(({ variable }) => variable)).toEqual(["STATE_TOKEN"]);
  expect(error.slips).toMatchObject([{ variable: "STATE_TOKN", remedy: "rename it to STATE_TOKEN, or remove it" }]);
  expect(error.message).toContain("\n\n  STATE_TOKN is not read; did you mean STATE_TOKEN?\n\n");
  expect(error.message).not.toContain("a-secret-token");
});

describe("numbers", () => {
  const integers = VARIABLE_LIST.filter(([, variable]) => /^\d+$/.test(variable.default ?? "")).map(([name]) => name);

  test.each(integers)("%s takes digits only", (name) => {
    for (const wrong of [
      "5s",
      "1e3",
      "1.0",
      "-1",
      "+1",
      "0x10",
      "01",
      "1 0",
      "1_000",
      "ten",
      "NaN",
      "٣",
      "9".repeat(16),
    ]) {
      expect(faultOf(name, wrong)?.needed).toMatch(/^a whole number of .+ from \d+ to \d+$/);
    }
  });

  test.each([
    ["PORT", 0, 65_535],
    ["DB_POOL_SIZE", 1, 1_000],
    ["DB_MAX_OVERFLOW", 0, 1_000],
    ["DB_POOL_TIMEOUT", 0, 3_600],
    ["DB_SLOW_MAX_CONCURRENT", 1, 10_000],
    ["EXPECTED_INSTANCES", 1, 16_384],
    ["CIRCUIT_BREAKER_WINDOW_SECONDS", 1, 300],
    ["CIRCUIT_BREAKER_HALF_OPEN_PROBES", 1, 100],
    ["CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE", 1, 1_000],
    ["HEALTH_MEMO_TTL_SECONDS", 0, 5],
    ["RATE_LIMIT_PER_MINUTE", 0, 10_000_000],
  ])("%s goes from %i to %i", (name, min, max) => {
    expect(() => readConfig({ [name]: String(min) })).not.toThrow();
    expect(() => readConfig({ [name]: String(max) })).not.toThrow();
    expect(faultOf(name, String(max + 1))?.needed).toContain(`from ${min} to ${max}`);
    if (min > 0) expect(faultOf(name, String(min - 1))?.needed).toContain(`from ${min} to ${max}`);
  });

  test.each([
    ["0", 0, 0],
    ["1", 1, 10_000],
    ["1.0", 1, 10_000],
    ["0.5", 0.5, 5_000],
    [".25", 0.25, 2_500],
    ["0.0001", 0.0001, 1],
    ["0.2999", 0.2999, 2_999],
  ])("the rate %s is %d, and %i parts of 10,000", (text, ratio, parts) => {
    const config = readConfig({ CIRCUIT_BREAKER_FAILURE_RATE: text });
    expect([config.breaker.failureRatio, config.gate.failureRate]).toEqual([ratio, parts]);
  });

  test.each(["1.1", "-0.1", "50%", "0,5", "0.12345", "1e-1", ".", "NaN", "2"])("the rate %s is refused", (text) => {
    expect(faultOf("CIRCUIT_BREAKER_SLOW_RATE", text)).toBeDefined();
  });
});

test.each([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
])("%s is %s", (text, value) => expect(readConfig({ CIRCUIT_BREAKER_ENABLED: text }).breaker.enabled).toBe(value));

test.each(["yes", "on", "TRUE", "2", "t"])("%s is no truth value", (text) => {
  expect(faultOf("CIRCUIT_BREAKER_ENABLED", text)?.needed).toBe("true or false (or 1 or 0)");
});

test("restart hooks are a closed list", () => {
  for (const hook of ["soft", "node"]) expect(readConfig({ RESTART_HOOK: hook }).restart.hook).toBe(hook);
  expect(RESTART_HOOKS).toHaveLength(18);
  expect(faultOf("RESTART_HOOK", "docker")?.needed).toContain("soft, node, cloudflare, cloudflare-build-hook");
});

describe("what was found is shown without secrets", () => {
  test.each(["STATE_TOKEN", "CRON_SECRET", "ADMIN_TOKENS", "MONITOR_TOKENS"])("%s not at all", (name) => {
    expect(faultOf(name, "top secret, with blanks")?.found).toBe("***");
  });

  test.each([
    ["mysql://root:hunter2@db/shop", '"mysql://***@db/shop"'],
    ["postgres://u:hun/ter2#x@h/d", '"postgres://***"'],
    ["postgres://u:hunter2@h:99999/d", '"postgres://***"'],
    ["host=db password=hunter2", '"***"'],
    ["hunter2", '"***"'],
    ["oracle://scott@h:1521/x?password=hunter2", '"oracle://***@h:1521/x?***"'],
    ["upstash:https://u:hunter2@h", '"upstash:https://***@h"'],
    ["sqlite:hunter2", '"sqlite:***"'],
  ])("DATABASE_URL=%s as %s", (url, found) => expect(faultOf("DATABASE_URL", url)?.found).toBe(found));

  test("nor where the secret of one variable was pasted into another", () => {
    const { message } = refusal({
      DATABASE_URL: "postgres://u:hunter2@h/d",
      TIDEGATE_PORT: "hunter2",
      CRON_SECRET: "cr0n-secret",
      TIDEGATE_HOST: "a cr0n-secret",
    });
    expect(message).not.toMatch(/hunter2|cr0n-secret/);
    expect(message).toContain("PORT");
  });

  test("whatever the password is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary-ascii", minLength: 8 }).filter((text) => text.trim().length >= 8),
        (password) => {
          const { message } = refusal({
            DATABASE_URL: `mysql://u:${password}@h/d`,
            PORT: "x",
            ADMIN_TOKENS: password.trim().replaceAll(":", ""),
          });
          expect(message).not.toContain(password);
        },
      ),
    );
  });

  test("a long or hostile value is quoted on one short line", () => {
    const found = faultOf("APP_ENV", `a\u001b[2J\n${"x".repeat(5_000)}`)?.found ?? "";
    expect(found.length).toBeLessThan(120);
    expect(found).not.toMatch(/\p{Cc}/u);
  });
});

test("no environment, however odd, does anything but return or name its faults", () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("0", "1", "true", "postgres://", "redis://h", "a:b", ":", ",", "upstash:"),
    fc.integer(),
    fc.anything(),
  );
  const env = fc.dictionary(fc.constantFrom(...VARIABLE_LIST.map(([name]) => name as string)), value, { maxKeys: 8 });
  fc.assert(
    fc.property(env, (odd) => {
      try {
        readConfig(odd);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as ConfigError).faults.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2_000 },
  );
});
