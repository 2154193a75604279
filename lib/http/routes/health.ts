/** The health endpoints. Their payloads are read by monitors as they stand, so they are never enveloped. */
import { Hono } from "hono";
import type { Health } from "../../health/health.ts";

export type Readiness = "starting" | "ready" | "draining";

const NO_STORE = { "Cache-Control": "no-store" };

export function healthRoutes(health: Health, readiness: () => Readiness): Hono {
  return (
    new Hono()
      .get("/health", async (c) => {
        const payload = await health.read();
        return c.json(payload, payload.status === "unhealthy" ? 503 : 200, NO_STORE);
      })
      // No I/O at all: a dead database must never make a platform kill instances.
      .get("/health/live", (c) => c.json({ status: "alive" }, 200, NO_STORE))
      // The database never counts here: a balancer that emptied the fleet would leave nobody to answer politely.
      .get("/health/ready", (c) => c.json({ status: readiness() }, readiness() === "ready" ? 200 : 503, NO_STORE))
  );
}
