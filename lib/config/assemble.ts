/** From variables to a {@link Config}: seconds become milliseconds, defaults that depend on others are decided. */

import { partsOf, secretsOf } from "../connection-url.ts";
import { readHook } from "./hook-targets.ts";
import { addressOfTarget, defaultNamespace, NAMELESS } from "./namespace.ts";
import { adapterOf, EMBEDDED, type Places, poolerOf, whyUncommented } from "./places.ts";
import type { AppEnv, BreakerSettings, Config } from "./types.ts";
import { HOOK_SECRETS } from "./variables/hooks.ts";
import type { Values } from "./variables.ts";

type Settled = Omit<Config, "warnings">;

/** The contract's table. */
const SLOW_MAX_CONCURRENT: Readonly<Record<AppEnv, number>> = { production: 5, staging: 5, development: 3, testing: 1 };

/** Shorter words, such as `Bearer`, are in every log. */
const SHORTEST_HOOK_SECRET = 8;

/** An open period doubles with each failed recovery, up to five minutes, and chance makes it up to a fifth longer. */
const BACKOFF = { backoffFactor: 20_000, backoffMaxMs: 300_000, backoffJitter: 2_000 };
/** A day without a renewal. */
const GATE_KEPT_MS = 86_400_000;

/** Of headers beyond an idle connection, and of a request beyond its longest statement. */
const MARGIN_MS = 5_000;
/** As Node has it. */
const REQUEST_TIMEOUT_MS = 300_000;

const seconds = (count: number): number => count * 1000;
const secondsOr = (count: number | null, otherwiseMs: number): number =>
  count === null ? otherwiseMs : seconds(count);
const partsOf10000 = (ratio: number): number => Math.round(ratio * 10_000);

export function assemble(values: Values, places: Places, appName: string): Settled {
  const { database, store } = places;
  const app = { name: appName, env: values.APP_ENV };
  const pool = poolOf(values, appName, poolerOf(database, values.DB_POOLER));
  const breaker = breakerOf(values);
  const health = {
    memoTtlMs: values.APP_ENV === "testing" ? 0 : seconds(values.HEALTH_MEMO_TTL_SECONDS),
    probeTimeoutMs: values.HEALTH_PROBE_TIMEOUT_MS,
  };
  const workers = workersOf(values, places);
  const byEnvironment = defaultNamespace(app, addressOfTarget(values.DATABASE_URL ?? EMBEDDED));
  // Connections of the application's own are most likely those that the environment names.
  const isNamed = database.kind === "code" && database.adapter !== "none" && database.address !== NAMELESS;
  const byCode = isNamed ? defaultNamespace(app, database.address) : null;
  const expectedInstances = Math.max(values.EXPECTED_INSTANCES, workers ?? 1);
  return {
    app,
    listen: { ...listenOf(values), workers },
    database,
    pool,
    admission: {
      waitTimeoutMs: seconds(values.DB_POOL_TIMEOUT),
      exhaustedRetryAfterMs: seconds(values.DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS),
      maxWaiting: values.DB_MAX_WAITING,
      slow: {
        waitTimeoutMs: seconds(values.DB_SLOW_POOL_TIMEOUT ?? values.DB_POOL_TIMEOUT),
        maxWaiting: values.DB_SLOW_MAX_WAITING ?? values.DB_MAX_WAITING,
      },
    },
    breaker,
    gate: gateOf(values, { pool, breaker, health, expectedInstances }),
    store: {
      ...store,
      namespace: values.STATE_NAMESPACE ?? byCode ?? byEnvironment,
      ledgerNamespace: values.STATE_NAMESPACE ?? byEnvironment,
      deadlineMs: values.STATE_DEADLINE_MS,
      fallback: values.STATE_FALLBACK,
      maxSkewMs: values.STATE_MAX_SKEW_MS,
      expectedInstances,
    },
    health,
    resilience: {
      degradedAlertMs: seconds(values.RESILIENCE_DEGRADED_ALERT_SECONDS),
      poolSaturationWarningRatio: values.RESILIENCE_POOL_SATURATION_WARNING,
      poolSaturationCriticalRatio: values.RESILIENCE_POOL_SATURATION_CRITICAL,
      restartChurnWindowMs: seconds(values.RESILIENCE_RESTART_CHURN_WINDOW_SECONDS),
      restartChurnThreshold: values.RESILIENCE_RESTART_CHURN_THRESHOLD,
    },
    restart: {
      hook: values.RESTART_HOOK,
      target: readHook(values.RESTART_HOOK, values).target,
      cooldownMs: seconds(values.WORKER_RESTART_COOLDOWN),
      retryBudget: values.WORKER_RESTART_RETRY_BUDGET,
      windowMs: seconds(values.WORKER_RESTART_WINDOW_SECONDS),
      churnThreshold: values.WORKER_RESTART_CHURN_THRESHOLD,
      guarded: values.WORKER_GUARDED_MODE_ENABLED,
    },
    watchdog: {
      enabled: values.WATCHDOG_ENABLED,
      checkIntervalMs: seconds(values.WATCHDOG_CHECK_INTERVAL),
      cronSecret: values.CRON_SECRET,
    },
    access: accessOf(values),
    http: {
      rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
      corsOrigins: values.CORS_ORIGINS ?? [],
      trustedProxies: values.TRUSTED_PROXIES ?? [],
      trustedProxyHeader: values.TRUSTED_PROXY_HEADER,
      requestBodyLimitBytes: values.REQUEST_BODY_LIMIT_BYTES,
    },
    // A store that outlives its processes keeps one audit for all of them; a file is no place for two that write at once.
    audit: { file: adapterOf(store) === "memory" ? values.AUDIT_FILE : null },
    telemetry: { sqlComments: values.SQL_COMMENTS && whyUncommented(database, values.DB_POOLER) === null },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    secrets: secretValues(values),
  };
}

function listenOf(values: Values): Omit<Config["listen"], "workers"> {
  const keepAliveMs = seconds(values.HTTP_KEEP_ALIVE_SECONDS);
  const headersTimeoutMs = secondsOr(values.HTTP_HEADERS_TIMEOUT_SECONDS, keepAliveMs + MARGIN_MS);
  const longestCallMs = Math.max(values.DB_CALL_TIMEOUT_MS, values.DB_SLOW_CALL_TIMEOUT_MS);
  return {
    host: values.HOST,
    port: values.PORT,
    keepAliveMs,
    headersTimeoutMs,
    requestTimeoutMs: secondsOr(values.HTTP_REQUEST_TIMEOUT_SECONDS, Math.max(REQUEST_TIMEOUT_MS, headersTimeoutMs)),
    drainMs: secondsOr(values.HTTP_DRAIN_SECONDS, longestCallMs + MARGIN_MS),
  };
}

/** A reload has two generations alive at once, so that even one worker needs what processes can share. */
function workersOf(values: Values, { database, store }: Places): number | null {
  return adapterOf(database) === "pglite" || adapterOf(store) === "memory" ? null : values.WEB_CONCURRENCY;
}

function poolOf(values: Values, applicationName: string, pooler: Values["DB_POOLER"]): Config["pool"] {
  return {
    poolSize: values.DB_POOL_SIZE,
    maxOverflow: values.DB_MAX_OVERFLOW,
    poolRecycleMs: seconds(values.DB_POOL_RECYCLE),
    connectTimeoutMs: seconds(values.DB_TCP_CONNECT_TIMEOUT),
    callTimeoutMs: values.DB_CALL_TIMEOUT_MS,
    slowCallTimeoutMs: values.DB_SLOW_CALL_TIMEOUT_MS,
    slowMaxConcurrent: values.DB_SLOW_MAX_CONCURRENT ?? SLOW_MAX_CONCURRENT[values.APP_ENV],
    healthPoolSize: values.DB_HEALTH_POOL_SIZE,
    pooler,
    applicationName,
  };
}

function breakerOf(values: Values): BreakerSettings {
  return {
    enabled: values.CIRCUIT_BREAKER_ENABLED,
    failureThreshold: values.CIRCUIT_BREAKER_FAILURE_THRESHOLD,
    failureRatio: values.CIRCUIT_BREAKER_FAILURE_RATE,
    windowMs: seconds(values.CIRCUIT_BREAKER_WINDOW_SECONDS),
    windowCalls: values.CIRCUIT_BREAKER_WINDOW_SIZE,
    recoveryTimeoutMs: seconds(values.CIRCUIT_BREAKER_RECOVERY_TIMEOUT),
    halfOpenProbes: values.CIRCUIT_BREAKER_HALF_OPEN_PROBES,
    successesToClose: values.CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE,
    slowRatio: values.CIRCUIT_BREAKER_SLOW_RATE,
    slowCallMs: values.CIRCUIT_BREAKER_SLOW_CALL_MS,
  };
}

interface GateSettings extends Pick<Config, "pool" | "breaker" | "health"> {
  readonly expectedInstances: number;
}

function gateOf(values: Values, { pool, breaker, health, expectedInstances }: GateSettings): Config["gate"] {
  return {
    mode: breaker.enabled ? "on" : "off",
    capacity: {
      request: values.DB_MAX_CONCURRENT ?? pool.poolSize + pool.maxOverflow,
      slow: pool.slowMaxConcurrent,
      health: pool.healthPoolSize,
    },
    deadlineMs: { request: pool.callTimeoutMs, slow: pool.slowCallTimeoutMs, health: health.probeTimeoutMs },
    windowSeconds: values.CIRCUIT_BREAKER_WINDOW_SECONDS,
    windowCalls: breaker.windowCalls,
    failureThreshold: breaker.failureThreshold,
    failureRate: partsOf10000(breaker.failureRatio),
    slowRate: partsOf10000(breaker.slowRatio),
    recoveryMs: breaker.recoveryTimeoutMs,
    ...BACKOFF,
    probes: breaker.halfOpenProbes,
    successesToClose: breaker.successesToClose,
    connectTimeoutMs: pool.connectTimeoutMs,
    expectedInstances,
    keptMs: GATE_KEPT_MS,
  };
}

function accessOf(values: Values): Config["access"] {
  const { ADMIN_OIDC_ISSUER: issuer, ADMIN_OIDC_AUDIENCE: audience } = values;
  const { CF_ACCESS_TEAM_DOMAIN: team, CF_ACCESS_AUD: tag } = values;
  return {
    adminTokens: values.ADMIN_TOKENS ?? [],
    monitorTokens: values.MONITOR_TOKENS ?? [],
    metricsPublic: values.METRICS_PUBLIC,
    oidc: issuer !== null && audience !== null ? { issuer, audience } : null,
    cloudflareAccess:
      team !== null && tag !== null
        ? { issuer: `https://${team.replace(/^https:\/\/|\/$/gi, "").toLowerCase()}`, audience: tag }
        : null,
    sessionSecret: values.SESSION_SECRET,
  };
}

/** Whole URLs are no secrets of their own: they turn up in errors taken apart, which is why their parts are here. */
function secretValues(values: Values): readonly string[] {
  const targets = [values.DATABASE_URL ?? EMBEDDED, values.STATE_URL];
  const urls = targets.flatMap((target) => ("url" in target ? (partsOf(target.url) ?? []) : []));
  const tokens = [...(values.ADMIN_TOKENS ?? []), ...(values.MONITOR_TOKENS ?? [])].map(({ token }) => token);
  const single = [values.STATE_TOKEN, values.CRON_SECRET, values.SESSION_SECRET].flatMap((secret) => secret ?? []);
  return [...new Set([...urls.flatMap(secretsOf), ...tokens, ...single, ...hookSecrets(values)])];
}

/** Of all hooks, whichever is chosen. A token may have its scheme before it, a URL its secret at its end. */
function hookSecrets(values: Values): readonly string[] {
  return HOOK_SECRETS.flatMap((name) => {
    const text = values[name] ?? "";
    const parts = [text, ...text.split(/ +/), ...(/^https?:/.test(text) ? text.split("/").slice(-1) : [])];
    return parts.filter((part) => part.length >= SHORTEST_HOOK_SECRET);
  });
}
