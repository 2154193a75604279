/** Settings in code: over the environment, by the same bounds, told in the same words. */
import { describe, expect, test } from "vitest";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { type Config, type ReadOptions, readConfig, type Settings } from "../../lib/config.ts";

/** None is missing: the compiler asks for those of the type, the test below for those of the table. */
type Whole<Part> = {
  readonly [Name in keyof Part]-?: NonNullable<Part[Name]> extends Readonly<Record<string, unknown>>
    ? Whole<NonNullable<Part[Name]>>
    : NonNullable<Part[Name]>;
};

const ALL: Whole<Settings> = {
  appName: "orders",
  appEnv: "staging",
  namespace: "orders-eu",
  lanes: {
    request: { capacity: 41, waitMs: 1_500, deadlineMs: 4_321, maxWaiting: 7 },
    slow: { capacity: 2, waitMs: 2_500, deadlineMs: 54_321, maxWaiting: 3 },
    health: { capacity: 2 },
    retryAfterMs: 2_500,
  },
  pool: {
    size: 3,
    maxOverflow: 4,
    recycleMs: 60_500,
    connectTimeoutMs: 1_250,
    pooler: "transaction",
    sqlComments: true,
  },
  breaker: {
    enabled: false,
    failureThreshold: 9,
    failureRate: 0.25,
    windowSeconds: 20,
    windowCalls: 21,
    recoveryMs: 1_200,
    probes: 3,
    successesToClose: 4,
    slowMs: 800,
    slowRate: 0.75,
  },
  health: {
    memoTtlMs: 2_500,
    probeTimeoutMs: 400,
    degradedAlertMs: 61_500,
    saturationWarning: 0.5,
    saturationCritical: 0.75,
    restartChurnWindowMs: 90_500,
    restartChurnThreshold: 6,
  },
  restarts: { cooldownMs: 1_500, retryBudget: 5, windowMs: 90_500, churnThreshold: 6, guarded: false },
  watchdog: { enabled: true, checkIntervalMs: 1_500, cronSecret: "cron-secret-that-is-long-enough-9f3k2" },
  state: { deadlineMs: 99, fallback: "closed", maxSkewMs: 5, expectedInstances: 12 },
  access: {
    adminTokens: [{ name: "kim", token: "x8Kq0vJ2mPz5rTn7sWb4yLd1" }],
    monitorTokens: [{ name: "probe", token: "b3Hq0vJ2mPz5rTn7sWb4yLd1" }],
    metricsPublic: true,
    oidcIssuer: "https://login.example.com/realm",
    oidcAudience: "orders",
    cloudflareTeamDomain: "team.cloudflareaccess.com",
    cloudflareAudience: "tag",
    sessionSecret: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  },
  http: {
    rateLimitPerMinute: 30,
    corsOrigins: ["https://a.example", "https://b.example"],
    trustedProxies: ["10.0.0.0/8"],
    trustedProxyHeader: "forwarded",
    bodyLimitBytes: 2_048,
  },
  listen: {
    host: "0.0.0.0",
    port: 8_080,
    workers: 2,
    keepAliveMs: 61_500,
    headersTimeoutMs: 70_500,
    requestTimeoutMs: 90_500,
    drainMs: 60_500,
  },
  log: { level: "warn", format: "pretty" },
};

const MEMORY = { database: null, store: { kind: "memory", address: "memory:" } } as const;
const read = (settings: unknown, env = {}): Config => readConfig(env, { ...MEMORY, ...(settings as ReadOptions) });

/** `lanes.request.capacity` and the like, of an object of settings. */
function pathsOf(settings: object, above = ""): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === "object" && !Array.isArray(value) ? pathsOf(value, `${above}${name}.`) : `${above}${name}`,
  );
}
const at = (path: string, value: unknown): object =>
  path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;
const valueAt = (settings: object, path: string): unknown =>
  path.split(".").reduce<unknown>((found, name) => (found as Record<string, unknown>)[name], settings);

const PATHS = VARIABLE_LIST.flatMap(([name, { inCode }]) => (inCode ? [[inCode[0], name] as const] : []));

test("the table and the type have the same settings", () => {
  expect(pathsOf(ALL).toSorted()).toEqual(["appName", ...PATHS.map(([path]) => path)].toSorted());
});

/** What one would write into the environment for it. */
function inEnvironment(path: string, value: unknown): string {
  const variable = VARIABLE_LIST.find(([, { inCode }]) => inCode?.[0] === path)?.[1];
  if (variable?.inCode?.[1] === "seconds") return String(Math.round(Number(value) / 1_000));
  if (!Array.isArray(value)) return String(value);
  return value.map((one) => (typeof one === "string" ? one : `${one.name}:${one.token}`)).join(",");
}

/** In whole seconds, which the environment has, too. */
function rounded(settings: object): Settings {
  const paths = pathsOf(settings).filter((path) => path !== "appName");
  const seconds = new Set(VARIABLE_LIST.flatMap(([, { inCode }]) => (inCode?.[1] === "seconds" ? inCode[0] : [])));
  let whole: object = {};
  for (const path of paths) {
    const value = valueAt(settings, path);
    whole = merged(whole, at(path, seconds.has(path) ? Math.round(Number(value) / 1_000) * 1_000 : value));
  }
  return whole as Settings;
}
function merged(one: object, other: object): object {
  const both: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = both[name];
    const nests = typeof value === "object" && !Array.isArray(value) && typeof before === "object" && before !== null;
    both[name] = nests ? merged(before, value) : value;
  }
  return both;
}

describe("a setting in code", () => {
  test("comes to what its variable comes to", () => {
    const env = Object.fromEntries(PATHS.map(([path, name]) => [name, inEnvironment(path, valueAt(ALL, path))]));
    // Warnings name what was said by the name that it was said by.
    expect({ ...read(rounded(ALL)), warnings: [] }).toEqual({ ...read({}, env), warnings: [] });
  });

  test.each(PATHS)("%s wins over %s, which is not even looked at", (path, name) => {
    const value = valueAt(ALL, path);
    const partner = {
      access: { ...ALL.access },
      http: {},
      listen: { ...ALL.listen },
      health: { saturationWarning: 0.5 },
    };
    const settings = merged(partner, at(path, value));
    expect(read(settings, { [name]: "\u0001 not usable" })).toEqual(read(settings));
  });

  test("may be finer than seconds", () => {
    const { admission, breaker } = read(
      { lanes: { request: { waitMs: 250 }, retryAfterMs: 1_500 }, breaker: { recoveryMs: 1_250 } },
      {},
    );
    expect([admission.waitTimeoutMs, admission.exhaustedRetryAfterMs]).toEqual([250, 1_500]);
    expect(breaker.recoveryTimeoutMs).toBe(1_250);
  });

  test("that is undefined is the environment's", () => {
    expect(
      read({ lanes: { request: { capacity: undefined } } }, { DB_MAX_CONCURRENT: "9" }).gate.capacity.request,
    ).toBe(9);
    expect(read({ lanes: undefined }, {})).toEqual(read({}));
  });

  test("that is an empty list is empty, whatever the environment says", () => {
    const { http } = read({ http: { corsOrigins: [] } }, { CORS_ORIGINS: "https://a.example" });
    expect(http.corsOrigins).toEqual([]);
  });
});
