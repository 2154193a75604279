/** The environment by itself: what cannot be used, what nobody reads, and what is hardly meant where others depend on it. */
import type { Config, ConfigError } from "../../config.ts";
import { isLoopback } from "../../loopback.ts";
import { counted } from "../text.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ABOUT = "configuration";

/** Where nothing else can be looked at. */
export function faultChecks({ faults, slips }: ConfigError): readonly Check[] {
  return [
    ...faults.map(({ variable, needed, found }) => fail(ABOUT, `${variable} is ${found}`, `it must be ${needed}`)),
    ...warningChecks(slips),
    warn("the rest", "not looked at", "ask again when every variable can be used"),
  ];
}

export function checkConfiguration(config: Config): readonly Check[] {
  return [
    ok(ABOUT, `every variable can be used, for ${config.app.env}`),
    ...warningChecks(config.warnings),
    ...mismatches(config),
    ...(isServing(config) ? servingChecks(config) : developmentChecks(config)),
    watchdogCheck(config),
  ];
}

const warningChecks = (warnings: Config["warnings"]): Check[] =>
  warnings.map(({ variable, message, remedy }) => warn(ABOUT, `${variable} ${message}`, remedy));

/** Settings that are right by themselves, and do not go together. */
function mismatches({ pool, store, gate, breaker, http }: Config): Check[] {
  const permits = gate.capacity.request;
  const everybody = http.trustedProxies.filter(isEverybody);
  return [
    store.kind !== "memory" &&
      store.fallback === "local" &&
      store.expectedInstances > permits &&
      warn(
        "capacity",
        `${store.expectedInstances} instances (EXPECTED_INSTANCES) share ${counted(permits, "permit")} (DB_MAX_CONCURRENT): while the store is away, ${store.expectedInstances - permits} of them may call nothing`,
        "lower EXPECTED_INSTANCES to what there may be, or raise DB_MAX_CONCURRENT to at least that where the database has room",
      ),
    breaker.slowRatio < 1 &&
      breaker.slowCallMs === null &&
      warn(
        "breaker",
        `it opens when ${breaker.slowRatio} of the calls are slow (CIRCUIT_BREAKER_SLOW_RATE), and none counts as slow`,
        "set CIRCUIT_BREAKER_SLOW_CALL_MS, or take CIRCUIT_BREAKER_SLOW_RATE out",
      ),
    pool.callTimeoutMs > pool.slowCallTimeoutMs &&
      warn(
        "deadlines",
        `${pool.callTimeoutMs} ms for a call (DB_CALL_TIMEOUT_MS), and only ${pool.slowCallTimeoutMs} ms in the slow lane (DB_SLOW_CALL_TIMEOUT_MS)`,
        "let DB_SLOW_CALL_TIMEOUT_MS be the longer one",
      ),
    everybody.length > 0 &&
      warn(
        "proxies",
        `TRUSTED_PROXIES has ${everybody.join(", ")}: anybody may say to be at any address, in limits and the audit too`,
        "name the addresses of your proxies alone",
      ),
  ].filter((check) => check !== false);
}

/** More than any network that belongs to somebody: 10.0.0.0/8 and fc00::/7 are the largest private ones. */
function isEverybody(network: string): boolean {
  const [address = "", prefix] = network.split("/");
  return prefix !== undefined && Number(prefix) < (address.includes(":") ? 7 : 8);
}

/** Others depend on it. */
const isServing = ({ app }: Config): boolean => app.env === "production" || app.env === "staging";

function servingChecks({ app, pool, store, gate, breaker, health, http }: Config): Check[] {
  const most = store.expectedInstances * (pool.poolSize + pool.maxOverflow);
  return [
    !breaker.enabled &&
      warn(
        "breaker",
        "off: every call goes to the database, whatever state that is in",
        "set CIRCUIT_BREAKER_ENABLED=true; for a while, tidegate breaker force-closed does the same",
      ),
    gate.capacity.request > most &&
      warn(
        "capacity",
        `${gate.capacity.request} calls get a permit at a time (DB_MAX_CONCURRENT), and ${most} a connection`,
        "lower DB_MAX_CONCURRENT, or raise DB_POOL_SIZE or EXPECTED_INSTANCES",
      ),
    health.memoTtlMs === 0 &&
      warn("health", "not kept: every look asks the database", "set HEALTH_MEMO_TTL_SECONDS to 1 to 5"),
    app.env === "production" &&
      http.rateLimitPerMinute === 0 &&
      warn("rate limit", "off: one client may ask as much as it likes", "set RATE_LIMIT_PER_MINUTE"),
    http.corsOrigins.includes("*") &&
      warn("origins", "* lets the pages of any site read the answers", "set CORS_ORIGINS to the sites that are yours"),
  ].filter((check) => check !== false);
}

function developmentChecks({ app, listen }: Config): Check[] {
  if (app.env !== "development" || isLoopback(listen.host)) return [];
  const found = `development, open to other machines (HOST=${listen.host}): errors show what is inside`;
  return [warn("exposure", found, "set APP_ENV to what this is, or HOST=127.0.0.1")];
}

/** Platforms without a timer: their schedulers call an address, with this bearer. */
const CALLED = ["vercel", "vercel-hook", "netlify", "netlify-hook"];

function watchdogCheck({ watchdog, restart }: Config): Check {
  const about = "watchdog";
  if (!watchdog.enabled) return ok(about, "does not look: nothing restarts by itself (WATCHDOG_ENABLED)");
  if (watchdog.cronSecret === null && restart.hook !== null && CALLED.includes(restart.hook))
    return warn(
      about,
      `does not look: with ${restart.hook} a scheduler has to call /internal/watchdog, and nobody may`,
      "set CRON_SECRET, and give it to the scheduler",
    );
  return ok(about, "looks, and restarts by the policy");
}
