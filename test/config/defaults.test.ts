import { describe, expect, test } from "vitest";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { type AppEnv, type Config, readConfig } from "../../lib/config.ts";

/** The contract's table of defaults, word for word. */
const DEFAULTS: readonly [variable: string, read: (config: Config) => unknown, value: unknown][] = [
  ["APP_ENV", (c) => c.app.env, "development"],
  ["PORT", (c) => c.listen.port, 8787],
  ["HOST", (c) => c.listen.host, "127.0.0.1"],
  ["HTTP_KEEP_ALIVE_SECONDS", (c) => c.listen.keepAliveMs, 75_000],
  ["HTTP_HEADERS_TIMEOUT_SECONDS", (c) => c.listen.headersTimeoutMs, 80_000],
  ["HTTP_REQUEST_TIMEOUT_SECONDS", (c) => c.listen.requestTimeoutMs, 300_000],
  ["HTTP_DRAIN_SECONDS", (c) => c.listen.drainMs, 305_000],
  ["WEB_CONCURRENCY", (c) => c.listen.workers, null],
  ["DATABASE_URL", (c) => c.database, { kind: "pglite", directory: null, address: "pglite: in memory" }],
  ["STATE_URL", (c) => c.store.kind, "memory"],
  ["STATE_TOKEN", (c) => "token" in c.store, false],
  ["DB_POOL_SIZE", (c) => c.pool.poolSize, 10],
  ["DB_MAX_OVERFLOW", (c) => c.pool.maxOverflow, 20],
  ["DB_MAX_CONCURRENT", (c) => c.gate.capacity.request, 30],
  ["DB_POOL_TIMEOUT", (c) => c.admission.waitTimeoutMs, 30_000],
  ["DB_POOL_RECYCLE", (c) => c.pool.poolRecycleMs, 1_800_000],
  ["DB_TCP_CONNECT_TIMEOUT", (c) => [c.pool.connectTimeoutMs, c.gate.connectTimeoutMs], [10_000, 10_000]],
  ["DB_CALL_TIMEOUT_MS", (c) => [c.pool.callTimeoutMs, c.gate.deadlineMs.request], [55_000, 55_000]],
  ["DB_SLOW_CALL_TIMEOUT_MS", (c) => [c.pool.slowCallTimeoutMs, c.gate.deadlineMs.slow], [300_000, 300_000]],
  ["DB_SLOW_MAX_CONCURRENT", (c) => [c.pool.slowMaxConcurrent, c.gate.capacity.slow], [3, 3]],
  ["DB_HEALTH_POOL_SIZE", (c) => [c.pool.healthPoolSize, c.gate.capacity.health], [1, 1]],
  ["DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS", (c) => c.admission.exhaustedRetryAfterMs, 5_000],
  ["DB_MAX_WAITING", (c) => c.admission.maxWaiting, 1_000],
  ["DB_SLOW_POOL_TIMEOUT", (c) => c.admission.slow.waitTimeoutMs, 30_000],
  ["DB_SLOW_MAX_WAITING", (c) => c.admission.slow.maxWaiting, 1_000],
  ["DB_POOLER", (c) => c.pool.pooler, "none"],
  ["SQL_COMMENTS", (c) => c.telemetry.sqlComments, false],
  ["STATE_NAMESPACE", (c) => c.store.namespace.replace(/[0-9a-z]{7}$/, "mark"), "tidegate-development-mark"],
  ["STATE_DEADLINE_MS", (c) => c.store.deadlineMs, null],
  ["STATE_FALLBACK", (c) => c.store.fallback, "local"],
  ["STATE_MAX_SKEW_MS", (c) => c.store.maxSkewMs, 1_000],
  ["EXPECTED_INSTANCES", (c) => [c.store.expectedInstances, c.gate.expectedInstances], [1, 1]],
  ["CIRCUIT_BREAKER_ENABLED", (c) => [c.breaker.enabled, c.gate.mode], [true, "on"]],
  ["CIRCUIT_BREAKER_FAILURE_THRESHOLD", (c) => [c.breaker.failureThreshold, c.gate.failureThreshold], [5, 5]],
  ["CIRCUIT_BREAKER_FAILURE_RATE", (c) => [c.breaker.failureRatio, c.gate.failureRate], [0.5, 5_000]],
  ["CIRCUIT_BREAKER_WINDOW_SECONDS", (c) => [c.breaker.windowMs, c.gate.windowSeconds], [30_000, 30]],
  ["CIRCUIT_BREAKER_WINDOW_SIZE", (c) => [c.breaker.windowCalls, c.gate.windowCalls], [10, 10]],
  ["CIRCUIT_BREAKER_RECOVERY_TIMEOUT", (c) => [c.breaker.recoveryTimeoutMs, c.gate.recoveryMs], [30_000, 30_000]],
  ["CIRCUIT_BREAKER_HALF_OPEN_PROBES", (c) => [c.breaker.halfOpenProbes, c.gate.probes], [1, 1]],
  ["CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE", (c) => [c.breaker.successesToClose, c.gate.successesToClose], [2, 2]],
  ["CIRCUIT_BREAKER_SLOW_RATE", (c) => [c.breaker.slowRatio, c.gate.slowRate], [1, 10_000]],
  ["CIRCUIT_BREAKER_SLOW_CALL_MS", (c) => c.breaker.slowCallMs, null],
  ["HEALTH_MEMO_TTL_SECONDS", (c) => c.health.memoTtlMs, 5_000],
  ["HEALTH_PROBE_TIMEOUT_MS", (c) => [c.health.probeTimeoutMs, c.gate.deadlineMs.health], [800, 800]],
  ["RESILIENCE_DEGRADED_ALERT_SECONDS", (c) => c.resilience.degradedAlertMs, 300_000],
  ["RESILIENCE_POOL_SATURATION_WARNING", (c) => c.resilience.poolSaturationWarningRatio, 0.9],
  ["RESILIENCE_POOL_SATURATION_CRITICAL", (c) => c.resilience.poolSaturationCriticalRatio, 1],
  ["RESILIENCE_RESTART_CHURN_WINDOW_SECONDS", (c) => c.resilience.restartChurnWindowMs, 600_000],
  ["RESILIENCE_RESTART_CHURN_THRESHOLD", (c) => c.resilience.restartChurnThreshold, 3],
  ["WORKER_RESTART_COOLDOWN", (c) => c.restart.cooldownMs, 60_000],
  ["WORKER_RESTART_RETRY_BUDGET", (c) => c.restart.retryBudget, 3],
  ["WORKER_RESTART_WINDOW_SECONDS", (c) => c.restart.windowMs, 600_000],
  ["WORKER_RESTART_CHURN_THRESHOLD", (c) => c.restart.churnThreshold, 3],
  ["WORKER_GUARDED_MODE_ENABLED", (c) => c.restart.guarded, true],
  ["RESTART_HOOK", (c) => c.restart.hook, null],
  ["WATCHDOG_ENABLED", (c) => c.watchdog.enabled, false],
  ["WATCHDOG_CHECK_INTERVAL", (c) => c.watchdog.checkIntervalMs, 5_000],
  ["CRON_SECRET", (c) => c.watchdog.cronSecret, null],
  ["ADMIN_TOKENS", (c) => c.access.adminTokens, []],
  ["MONITOR_TOKENS", (c) => c.access.monitorTokens, []],
  ["METRICS_PUBLIC", (c) => c.access.metricsPublic, false],
  ["ADMIN_OIDC_ISSUER", (c) => c.access.oidc, null],
  ["ADMIN_OIDC_AUDIENCE", (c) => c.access.oidc, null],
  ["CF_ACCESS_TEAM_DOMAIN", (c) => c.access.cloudflareAccess, null],
  ["CF_ACCESS_AUD", (c) => c.access.cloudflareAccess, null],
  ["SESSION_SECRET", (c) => c.access.sessionSecret, null],
  ["AUDIT_FILE", (c) => c.audit.file, null],
  ["RATE_LIMIT_PER_MINUTE", (c) => c.http.rateLimitPerMinute, 600],
  ["CORS_ORIGINS", (c) => c.http.corsOrigins, []],
  ["TRUSTED_PROXIES", (c) => c.http.trustedProxies, []],
  ["TRUSTED_PROXY_HEADER", (c) => c.http.trustedProxyHeader, "x-forwarded-for"],
  ["REQUEST_BODY_LIMIT_BYTES", (c) => c.http.requestBodyLimitBytes, 65_536],
  ["LOG_LEVEL", (c) => c.log.level, "info"],
  ["LOG_FORMAT", (c) => c.log.format, null],
];

describe("without any environment", () => {
  const config = readConfig({});
  test.each(DEFAULTS)("%s is what the contract says", (_, read, value) => expect(read(config)).toEqual(value));

  test("no variable is missing here", () => {
    const names = VARIABLE_LIST.filter(([, { group }]) => group !== "hooks").map(([name]) => name);
    expect(DEFAULTS.map(([name]) => name).sort()).toEqual(names.sort());
  });

  test("no hook has a variable with a default of its own", () => {
    const hooks = VARIABLE_LIST.filter(([, { group }]) => group === "hooks");
    expect(hooks.length).toBeGreaterThan(30);
    expect(hooks.filter(([, variable]) => variable.default !== null)).toEqual([]);
    expect(config.restart.target).toBeNull();
  });

  test("there are no secrets and no warnings", () => {
    expect([config.secrets, config.warnings]).toEqual([[], []]);
  });

  test("an empty or blank value is not set", () => {
    const blanks = Object.fromEntries(VARIABLE_LIST.map(([name], index) => [name, index % 2 ? "" : "  "]));
    expect(readConfig(blanks)).toEqual(config);
  });

  test("a default written out changes nothing", () => {
    const written = Object.fromEntries(VARIABLE_LIST.map(([name, variable]) => [name, variable.default ?? undefined]));
    expect(readConfig(written)).toEqual(config);
  });
});

describe("defaults that depend on other variables", () => {
  test.each<[AppEnv, number]>([
    ["production", 5],
    ["staging", 5],
    ["development", 3],
    ["testing", 1],
  ])("in %s the slow lane takes %i", (env, count) => {
    expect(readConfig({ APP_ENV: env }).gate.capacity.slow).toBe(count);
    expect(readConfig({ APP_ENV: env, DB_SLOW_MAX_CONCURRENT: "7" }).gate.capacity.slow).toBe(7);
  });

  test("the request lane is pool and overflow, unless it is set", () => {
    expect(readConfig({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" }).gate.capacity.request).toBe(2);
    expect(readConfig({ DB_POOL_SIZE: "2", DB_MAX_CONCURRENT: "50" }).gate.capacity.request).toBe(50);
  });

  test.each(["redis://localhost", "upstash:https://eu1.upstash.io", "deno-kv:", "durable-object:"])(
    "%s says nothing of a deadline: the store that is given does",
    (STATE_URL) => {
      expect(readConfig({ STATE_URL, STATE_TOKEN: "token-of-rest" }).store.deadlineMs).toBeNull();
    },
  );

  test("a store has as long as the environment gives it", () => {
    const upstash = { STATE_URL: "upstash:https://eu1.upstash.io", STATE_TOKEN: "token-of-rest" };
    expect(readConfig({ ...upstash, STATE_DEADLINE_MS: "90" }).store.deadlineMs).toBe(90);
  });

  test("the namespace holds the application's name, its environment and a mark of the database", () => {
    const { namespace } = readConfig({ APP_ENV: "staging" }, { appName: "orders" }).store;
    expect(namespace).toMatch(/^orders-staging-[0-9a-z]{7}$/);
    expect(readConfig({}, { appName: "orders" }).pool.applicationName).toBe("orders");
  });

  test("testing bypasses the health memo", () => {
    expect(readConfig({ APP_ENV: "testing", HEALTH_MEMO_TTL_SECONDS: "5" }).health.memoTtlMs).toBe(0);
  });
});

test("a config is frozen to its depth", () => {
  const config = readConfig({ ADMIN_TOKENS: "ada:0123456789abcdef" });
  const parts: unknown[] = [config];
  for (const part of parts) {
    expect(Object.isFrozen(part)).toBe(true);
    parts.push(...Object.values(part as object).filter((value) => typeof value === "object" && value !== null));
  }
  expect(parts.length).toBeGreaterThan(20);
});
