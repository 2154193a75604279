/** Settings in code that cannot be used: told all at once, by their names, in the words that the environment's are told in. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { type Config, ConfigError, type ConfigFault, type ReadOptions, readConfig } from "../../lib/config.ts";

const MEMORY = { database: null, store: { kind: "memory", address: "memory:" } } as const;
const read = (settings: unknown, env = {}): Config => readConfig(env, { ...MEMORY, ...(settings as ReadOptions) });
const at = (path: string, value: unknown): object =>
  path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
const PATHS = VARIABLE_LIST.flatMap(([, { inCode }]) => (inCode ? inCode[0] : []));

function refusal(settings: unknown, env = {}): ConfigError {
  try {
    read(settings, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(settings)} was accepted`);
}
const only = (settings: unknown): ConfigFault => {
  const { faults } = refusal(settings);
  expect(faults).toHaveLength(1);
  return faults[0] as ConfigFault;
};

describe("what cannot be used", () => {
  test.each<[unknown, ConfigFault]>([
    [
      { lanes: { request: { capacity: 0 } } },
      { variable: "lanes.request.capacity", needed: "a whole number of statements from 1 to 100000", found: "0" },
    ],
    [
      { lanes: { request: { capacity: "7" } } },
      {
        variable: "lanes.request.capacity",
        needed: "a whole number of statements from 1 to 100000",
        found: '"7", a text: write 7',
      },
    ],
    [
      { lanes: { request: { waitMs: 0.5 } } },
      { variable: "lanes.request.waitMs", needed: "a whole number of milliseconds from 0 to 3600000", found: "0.5" },
    ],
    [
      { pool: { connectTimeoutMs: 999 } },
      {
        variable: "pool.connectTimeoutMs",
        needed: "a whole number of milliseconds from 1000 to 300000",
        found: "999",
      },
    ],
    [
      { breaker: { failureRate: 1.5 } },
      { variable: "breaker.failureRate", needed: expect.stringMatching(/^a number from 0 to 1/), found: "1.5" },
    ],
    [
      { breaker: { enabled: "false" } },
      { variable: "breaker.enabled", needed: "true or false", found: '"false", a text: write false' },
    ],
    [
      { lanes: { slow: { capacity: null } } },
      { variable: "lanes.slow.capacity", needed: expect.stringContaining("from 1 to 10000"), found: "null" },
    ],
    [
      { state: { deadlineMs: () => 5 } },
      {
        variable: "state.deadlineMs",
        needed: expect.stringContaining("milliseconds"),
        found: "the function deadlineMs",
      },
    ],
    [
      { http: { corsOrigins: "https://a.example" } },
      {
        variable: "http.corsOrigins",
        needed: "a list of texts",
        found: '"https://a.example", a text: write ["https://a.example"]',
      },
    ],
    [
      { log: { level: "loud" } },
      { variable: "log.level", needed: "one of debug, info, warn, error, silent", found: '"loud"' },
    ],
    [{ breaker: 5 }, { variable: "breaker", needed: "an object such as { enabled: … }", found: "5" }],
    [{ breaker: [] }, { variable: "breaker", needed: "an object such as { enabled: … }", found: "a list" }],
    [
      { lanes: { requst: {} } },
      {
        variable: "lanes.requst",
        needed: "one of the names that there are: request, slow, health, retryAfterMs",
        found: "requst; did you mean request?",
      },
    ],
    [
      { lnaes: {} },
      { variable: "lnaes", needed: expect.stringContaining("lanes"), found: "lnaes; did you mean lanes?" },
    ],
    [{ appName: "with blanks" }, { variable: "appName", needed: expect.any(String), found: '"with blanks"' }],
  ])("%j is told", (settings, fault) => {
    expect(only(settings)).toEqual(fault);
  });

  test("is told all at once, beside what is wrong with the environment", () => {
    const error = refusal({ lanes: { request: { capacity: 0 } }, breaker: { probs: 1 } }, { DB_POOL_SIZE: "none" });
    expect(error.faults.map(({ variable }) => variable)).toEqual([
      "breaker.probs",
      "DB_POOL_SIZE",
      "lanes.request.capacity",
    ]);
    expect(error.message).toMatch(/^Reading the settings: 3 settings are not usable\./);
    expect(error.message).toMatch(/Every setting is described in docs\/settings\.md\.$/);
  });

  test("shows no secret, of whatever kind", () => {
    const secret = "hunter2hunter2hunter2";
    for (const wrong of [
      { access: { sessionSecret: [secret] } },
      { access: { adminTokens: secret } },
      { access: { adminTokens: [{ name: "kim", token: `${secret} blank` }] } },
      { watchdog: { cronSecret: `${secret} blank` } },
    ]) {
      expect(refusal(wrong).message).not.toContain("hunter2");
    }
  });

  test("between two settings is told by their names in code", () => {
    expect(only({ health: { saturationWarning: 0.9, saturationCritical: 0.5 } })).toMatchObject({
      variable: "health.saturationCritical",
      needed: "at least health.saturationWarning, which is 0.9",
    });
    expect(only({ access: { oidcIssuer: "https://login.example.com" } })).toMatchObject({
      variable: "ADMIN_OIDC_AUDIENCE",
      needed: "a value, since access.oidcIssuer is set",
    });
    const { warnings } = read({ listen: { drainMs: 5_000 } });
    expect(warnings).toContainEqual(expect.objectContaining({ variable: "listen.drainMs" }));
  });

  test("is a ConfigError, and no other error, whatever stands there", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), fc.anything(), (path, value) => {
        try {
          read(at(path, value));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
