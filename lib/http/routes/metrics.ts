/** `GET /metrics`: the fleet in figures, for Prometheus and its kin. */
import { Hono, type MiddlewareHandler } from "hono";
import type { AnyVersion } from "../../contract/contract.ts";
import type { HealthPayload } from "../../contract/health.ts";
import type { PoolState } from "../../database/port.ts";
import type { GateStanding, Gates } from "../../guard/gates.ts";
import type { Health } from "../../health/health.ts";
import { EXPOSITION_TYPE, exposition } from "../../metrics/exposition.ts";
import { type GatesSeen, gateCounts, gateMetrics, OTHER_GATES } from "../../metrics/gate-metrics.ts";
import type { QueryTimes } from "../../metrics/query-times.ts";
import { processMetrics, serviceMetrics } from "../../metrics/service-metrics.ts";
import type { Recovery } from "../../recovery/recovery.ts";
import { gateViews, MOST_SHOWN } from "./gate-views.ts";

export interface MetricsOptions {
  /** Lets those pass who may read figures; absent where everybody may. */
  readonly guard: MiddlewareHandler | null;
  readonly gates: Pick<Gates, "named" | "standing">;
  readonly health: Health;
  readonly recovery: Recovery;
  /** Absent where the platform has no processes that would be asked again. */
  readonly worker: { readonly pid: number } | null;
  readonly pool: () => PoolState;
  readonly queries: QueryTimes["figures"];
}

export function metricsRoutes(options: MetricsOptions): Hono {
  const { guard, gates, health, recovery, worker, pool, queries } = options;
  const app = new Hono();
  if (guard) app.use("/metrics", guard);
  return app.get("/metrics", async (c) => {
    const standing = gates.standing();
    const [seen, reading, view] = await Promise.all([seenGates(gates, standing), health.read(), recovery.view()]);
    const { status } = reading.report.health;
    const { services, state_store: store }: AnyVersion<HealthPayload> = reading.report.health;
    const database = services?.database ?? "unknown";
    const stateStore = store?.status ?? "unknown";
    const text = exposition([
      ...serviceMetrics({ status, database, stateStore, ageMs: reading.ageMs }, recovery.facts(view)),
      ...gateCounts(standing),
      ...gateMetrics(seen),
      ...(worker ? processMetrics(worker.pid, pool(), queries()) : []),
    ]);
    return c.body(text, 200, { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" });
  });
}

/** One that cannot be seen is left out: an old figure would look like a new one. */
async function seenGates(gates: MetricsOptions["gates"], standing: readonly GateStanding[]): Promise<GatesSeen> {
  const isCrowded = standing.length > MOST_SHOWN;
  const named = gates.named(MOST_SHOWN).filter(({ name }) => !isCrowded || name !== OTHER_GATES);
  const names = new Set(named.map(({ name }) => name));
  const views = await gateViews(named);
  return {
    shown: views.flatMap(([name, view]) => (view ? [[name, view] as const] : [])),
    others: standing.filter(({ gate }) => !names.has(gate)),
  };
}
