/** The environment by itself: what cannot be used, what nobody reads, and what is hardly meant where others depend on it. */
import type { Config, ConfigError } from "../../config.ts";
import { isLoopback } from "../../loopback.ts";
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
    ...(isServing(config) ? servingChecks(config) : developmentChecks(config)),
    watchdogCheck(config),
  ];
}

const warningChecks = (warnings: Config["warnings"]): Check[] =>
  warnings.map(({ variable, message, remedy }) => warn(ABOUT, `${variable} ${message}`, remedy));

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
