/** What is answered where there is no application, because the environment of its instance cannot be used. */
import { type Context, Hono } from "hono";
import type { MisconfiguredHealth } from "../contract/health.ts";
import { type Runtime, systemRuntime } from "../runtime.ts";
import { problemResponse } from "./envelope.ts";
import { retryAfterSpread } from "./retry-after.ts";

/** It takes a person and a deployment. */
const RETRY_AFTER_MS = 30_000;
const NO_STORE = { "Cache-Control": "no-store" };

/** What differs from the default. */
export interface MisconfiguredOptions {
  /** The application's version, for `meta`. Default `0.0.0`. */
  readonly appVersion?: string;
  /** Clock and chance. Default: the platform's. */
  readonly runtime?: Runtime;
}

/**
 * Stands in for the application on platforms without a process that could exit: 503 with the names of the variables,
 * and nothing of their values; `/health` in its own form, `/health/live` as ever.
 *
 * @param variables Their names, such as those in `faults` of a `ConfigError`.
 * @example
 * ```ts
 * import { misconfigured } from "tidegate";
 * import { ConfigError, readConfig } from "tidegate/config";
 *
 * export function applicationOf(env: object) {
 *   try {
 *     return application(readConfig({ ...env }));
 *   } catch (error) {
 *     if (error instanceof ConfigError) return misconfigured(error.faults.map(({ variable }) => variable));
 *     throw error;
 *   }
 * }
 * ```
 */
export function misconfigured(variables: readonly string[], options: MisconfiguredOptions = {}): Hono {
  const { appVersion = "0.0.0", runtime = systemRuntime() } = options;
  const message = `The configuration of this instance cannot be used: ${variables.join(", ") || "see its log"}.`;
  const retryAfterSeconds = retryAfterSpread(runtime.random);
  const timestamp = () => new Date(runtime.wallMs()).toISOString();

  const health = (c: Context) => {
    const payload: MisconfiguredHealth = {
      status: "unhealthy",
      services: { database: "unknown", redis: "unknown" },
      degraded_reason: "configuration_invalid",
      runtime_contract: { version: "1", valid: false, errors: [message] },
      errors: [message],
      computed_at: timestamp(),
      age_ms: 0,
    };
    return c.json(payload, 503, NO_STORE);
  };
  const problem = (c: Context) =>
    problemResponse(
      { code: "SERVICE_UNAVAILABLE", message },
      {
        requestId: runtime.uuid(),
        path: c.req.path,
        meta: { timestamp: timestamp(), app_version: appVersion },
        production: true,
        defaultRetryAfterMs: RETRY_AFTER_MS,
        retryAfterSeconds,
      },
    );
  return new Hono()
    .get("/health", health)
    .get("/health/live", (c) => c.json({ status: "alive" }, 200, NO_STORE))
    .get("/health/ready", (c) => c.json({ status: "starting" }, 503, NO_STORE))
    .all("*", problem);
}
