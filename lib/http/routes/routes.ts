/** Everything that Tidegate answers itself, under one roof. */
import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Config } from "../../config/types.ts";
import type { Readiness } from "../../contract/health.ts";
import type { Gates } from "../../guard/gates.ts";
import type { Health } from "../../health/health.ts";
import { restartParts } from "../../health/resilience.ts";
import type { Kept } from "../../kept/kept.ts";
import type { Recovery } from "../../recovery/recovery.ts";
import type { Runtime } from "../../runtime.ts";
import type { AddressOf } from "../address/address.ts";
import type { Auth } from "../auth/auth.ts";
import type { ServingShell } from "../middleware.ts";
import type { OwnPart } from "../own.ts";
import { adminRoutes } from "./admin/admin.ts";
import { createReadings, type ReadingsOptions } from "./admin/readings.ts";
import { consoleRoutes } from "./console/console.ts";
import { healthRoutes } from "./health.ts";
import { type MetricsOptions, metricsRoutes } from "./metrics.ts";
import { sessionRoutes } from "./session.ts";
import { watchdogRoutes } from "./watchdog.ts";

export interface RoutesOptions {
  readonly health: Health;
  readonly recovery: Recovery;
  readonly gates: Gates;
  readonly kept: Pick<Kept, "figures" | "lately" | "forget">;
  readonly auth: Auth;
  readonly addressOf: AddressOf;
  readonly readiness: () => Readiness;
  readonly shell: Pick<ServingShell, "own" | "answers">;
  readonly worker: ReadingsOptions["worker"];
  readonly processes: MetricsOptions["processes"];
  readonly appVersion: string;
  readonly config: Config;
  readonly runtime: Runtime;
}

/** What is beside these is the application's. */
const OWN_PATHS: Readonly<Record<OwnPart, readonly string[]>> = {
  health: ["/health/*"],
  operators: ["/admin", "/admin/api/*", "/metrics", "/internal/watchdog"],
};

/** All of them, each with what is below it where it ends in `/*`. */
export const OWN_PATTERNS: readonly string[] = Object.values(OWN_PATHS).flat();

export function tidegateRoutes(options: RoutesOptions): Hono {
  const { health, recovery, gates, kept, auth, addressOf, config, runtime, worker } = options;
  const readings = createReadings({
    recovery,
    gates,
    kept,
    worker,
    config,
    health: async (view) => {
      const { health: payload } = (await health.read()).report;
      const restarts = recovery.facts(view);
      const { alerts, ...rest } = payload.resilience;
      const restartAlerts = { restart_churn_exceeded: restarts.churnExceeded, restart_blocked: restarts.blocked };
      return {
        payload,
        resilience: { ...rest, alerts: { ...alerts, ...restartAlerts }, ...restartParts(restarts, config) },
      };
    },
  });
  const { own, answers } = options.shell;
  // Also in an application that answers errors in words of its own, and as an application by themselves.
  const app = new Hono().onError(answers.onError).notFound(answers.notFound);
  app.on("ALL", [...OWN_PATHS.health], own("health")).on("ALL", [...OWN_PATHS.operators], own("operators"));
  return (
    app
      .route(
        "/",
        healthRoutes({
          health,
          kept,
          readiness: options.readiness,
          guard: auth.requireMonitor(),
          appVersion: options.appVersion,
        }),
      )
      // Before the admin's: who signs in is nobody yet.
      .route("/", sessionRoutes(auth, runtime))
      .route(
        "/",
        adminRoutes({
          requireAdmin: auth.requireAdmin(),
          clientAddress: (c) => addressOf(c)?.text ?? null,
          readings,
          recovery,
          gates,
          kept,
          runtime,
        }),
      )
      .route(
        "/",
        consoleRoutes({
          audit: (limit) => recovery.audit.read(undefined, limit),
          name: `${config.app.name}, ${config.app.env}`,
          auth,
          readings,
          runtime,
        }),
      )
      .route(
        "/",
        metricsRoutes({
          guard: config.access.metricsPublic ? null : auth.requireMonitor(),
          gates,
          health,
          recovery,
          processes: options.processes,
        }),
      )
      .route("/", watchdogRoutes(auth.requireCron(), recovery.watchdog))
      // Last, so that nobody passes it who is answered above.
      .on("ALL", [...OWN_PATTERNS], methodNotAllowed({ app, onMethodNotAllowed: answers.methodNotAllowed }))
  );
}
