/** `GET /metrics`: the fleet and this process in figures, for Prometheus and its kin. */
import { Hono, type MiddlewareHandler } from "hono";
import type { AnyVersion } from "../../contract/contract.ts";
import type { HealthPayload } from "../../contract/health.ts";
import type { GateStanding, Gates } from "../../guard/gates.ts";
import { MAIN_GATE } from "../../guard/names.ts";
import type { Health } from "../../health/health.ts";
import { CONTENT_TYPES, exposition, type TextFormat } from "../../metrics/exposition.ts";
import { type GatesSeen, gateCounts, gateMetrics } from "../../metrics/gate-metrics.ts";
import { negotiated, type Offer } from "../../metrics/negotiation.ts";
import type { ProcessFigures } from "../../metrics/process-figures.ts";
import { PROTOBUF_TYPE, protobufExposition } from "../../metrics/protobuf.ts";
import { OTHER } from "../../metrics/registry.ts";
import { serviceMetrics, tallyMetrics } from "../../metrics/service-metrics.ts";
import type { Recovery } from "../../recovery/recovery.ts";
import { gateViews, MOST_SHOWN } from "./gate-views.ts";

export interface MetricsOptions {
  /** Lets those pass who may read figures; absent where everybody may. */
  readonly guard: MiddlewareHandler | null;
  readonly gates: Pick<Gates, "named" | "standing">;
  readonly health: Pick<Health, "recent">;
  readonly recovery: Pick<Recovery, "recent" | "facts">;
  readonly processes: Pick<ProcessFigures, "all">;
}

type Format = TextFormat | "protobuf";

/** A scraper that speaks more than one says so; whoever says nothing, or reads in a browser, is given the oldest one. */
const OFFERS: readonly [Offer<Format>, ...Offer<Format>[]] = [
  { format: "text", type: "text/plain", parameters: { version: ["0.0.4"] } },
  { format: "openmetrics", type: "application/openmetrics-text", parameters: { version: ["1.0.0"] } },
  {
    format: "protobuf",
    type: "application/vnd.google.protobuf",
    parameters: { proto: ["io.prometheus.client.MetricFamily"], encoding: ["delimited"] },
  },
];

export function metricsRoutes(options: MetricsOptions): Hono {
  const { guard, gates, health, recovery, processes } = options;
  const app = new Hono();
  if (guard) app.use("/metrics", guard);
  return app.get("/metrics", async (c) => {
    const standing = gates.standing();
    // Together, since each may have to ask the store.
    const [seen, reading, view, processFamilies] = await Promise.all([
      seenGates(gates, standing),
      health.recent(),
      recovery.recent(),
      processes.all(),
    ]);
    const { status } = reading.report.health;
    const { services, state_store: store }: AnyVersion<HealthPayload> = reading.report.health;
    const database = services?.database ?? "unknown";
    const stateStore = store?.status ?? "unknown";
    const [, main = null] = seen.shown.find(([name]) => name === MAIN_GATE) ?? [];
    const families = [
      ...serviceMetrics(
        { status, database, stateStore, ageMs: reading.ageMs },
        { ...recovery.facts(view), ended: view?.ended ?? null },
      ),
      ...tallyMetrics(main),
      ...gateCounts(standing),
      ...gateMetrics(seen),
      ...processFamilies,
    ];
    const format = negotiated(c.req.header("accept") ?? null, OFFERS);
    const isBinary = format === "protobuf";
    return c.body(isBinary ? protobufExposition(families) : exposition(families, format), 200, {
      "Content-Type": isBinary ? PROTOBUF_TYPE : CONTENT_TYPES[format],
      "Cache-Control": "no-store",
      Vary: "Accept",
    });
  });
}

/** One that cannot be seen is left out: an old figure would look like a new one. */
async function seenGates(gates: MetricsOptions["gates"], standing: readonly GateStanding[]): Promise<GatesSeen> {
  const isCrowded = standing.length > MOST_SHOWN;
  const named = gates.named(MOST_SHOWN).filter(({ name }) => !isCrowded || name !== OTHER);
  const names = new Set(named.map(({ name }) => name));
  const views = await gateViews(named);
  return {
    shown: views.flatMap(([name, view]) => (view ? [[name, view] as const] : [])),
    others: standing.filter(({ gate }) => !names.has(gate)),
  };
}
