/** A few routes behind Tidegate's authentication, for tests of who gets where. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import type { GuardedDatabase } from "../../lib/guard/database/guarded-database.ts";
import { type AccessOptions, createAccess } from "../../lib/http/access.ts";
import type { Auth } from "../../lib/http/auth/auth.ts";
import type { IdentifiedEnv } from "../../lib/http/auth/identity.ts";
import { createHttpShell } from "../../lib/http/middleware.ts";
import { sessionRoutes } from "../../lib/http/routes/session.ts";
import type { LogFields } from "../../lib/log/port.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

export interface GuardedRoutes {
  readonly auth: Auth;
  readonly app: Hono<IdentifiedEnv>;
  readonly lines: { readonly event: string; readonly fields: LogFields }[];
  /** Asks with an `Authorization` header. */
  as(bearer: string, path?: string, from?: string): Promise<Response>;
}

const NO_DATABASE = {} as GuardedDatabase;

/** @param env Beside `APP_ENV=production`. */
export function guardedRoutes(
  env: Record<string, string>,
  runtime: Runtime = manualRuntime(),
  store: AccessOptions["store"] = { kind: "memory", traits: { deadlineMs: 250 } },
): GuardedRoutes {
  const config = readConfig({ APP_ENV: "production", ...env });
  const lines: GuardedRoutes["lines"] = [];
  const write = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
  const log = { debug: write, info: write, warn: write, error: write };
  const { auth, addressOf, limitRequest } = createAccess({ config, store, connInfo: undefined, runtime, log });
  const { middleware, own, answers } = createHttpShell({
    appVersion: "1.2.3",
    production: config.app.env === "production",
    corsOrigins: [],
    bodyLimitBytes: config.http.requestBodyLimitBytes,
    defaultRetryAfterMs: 5_000,
    database: () => NO_DATABASE,
    addressOf,
    limitRequest,
    accepting: () => true,
    checkIfDue: () => {},
    recordRequest: () => {},
    tracing: null,
    tellsRoutes: false,
    runtime,
    log,
  });
  const app = new Hono<IdentifiedEnv>().onError(answers.onError).use(middleware);
  app.on("ALL", ["/admin/*", "/health/*", "/internal/*"], own("operators"));
  app.get("/admin/api/system-status", auth.requireAdmin(), (c) => c.json(c.var.identity));
  app.post("/admin/api/worker/restart", auth.requireAdmin(), (c) => c.json(c.var.identity, 202));
  app.get("/admin", async (c) => c.text((await auth.visitor(c))?.identity.name ?? "please sign in"));
  app.get("/health/deep", auth.requireMonitor(), (c) => c.json(c.var.identity));
  app.on(["GET", "POST"], "/internal/watchdog", auth.requireCron(), (c) => c.json({ ticked: true }));
  app.route("/", sessionRoutes(auth, runtime));
  return {
    auth,
    app,
    lines,
    as: async (bearer, path = "/admin/api/system-status", remoteAddress = "203.0.113.9") => {
      const env = { incoming: { socket: { remoteAddress } } };
      return app.request(path, { headers: { Authorization: `Bearer ${bearer}` } }, env);
    },
  };
}
