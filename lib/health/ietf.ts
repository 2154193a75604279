/**
 * The same facts in the form of the IETF's draft (draft-inadarei-api-health-check-06), which some monitors read.
 * Made of a finished payload, so that both forms always say the same.
 */
import type { AnyVersion } from "../contract/contract.ts";
import type { DeepPayload, HealthPayload, IetfCheck, IetfHealth } from "../contract/health.ts";
import type { Report } from "./report.ts";

export const HEALTH_JSON = "application/health+json";

type Status = IetfHealth["status"];

const STATUS: Readonly<Record<HealthPayload["status"], Status>> = {
  healthy: "pass",
  degraded: "warn",
  unhealthy: "fail",
};

/** @param releaseId The application's version. */
export function healthJson({ health, deep }: Pick<Report, "health" | "deep">, releaseId: string): IetfHealth {
  const { services, state_store, circuit_breaker, database_pool, resilience, errors }: AnyVersion<HealthPayload> =
    health;
  const { checks }: AnyVersion<DeepPayload> = deep;
  const latencyMs = checks?.database?.latency_ms ?? null;
  const alerts = resilience?.alerts;
  const time = health.computed_at;
  const check = (
    componentType: IetfCheck["componentType"],
    status: Status,
    more: Partial<IetfCheck> = {},
  ): readonly IetfCheck[] => [{ componentType, status, time, ...more }];
  const output = typeof health.degraded_reason === "string" ? { output: health.degraded_reason } : {};
  return {
    status: STATUS[health.status],
    version: "1",
    releaseId,
    ...output,
    checks: {
      "database:responseTime": check("datastore", OF_SERVICE[services?.database ?? ""] ?? "warn", {
        ...(latencyMs !== null && { observedValue: latencyMs, observedUnit: "ms" }),
        ...(errors?.[0] !== undefined && { output: errors[0] }),
      }),
      "database_pool:utilization": check("component", alerts?.pool_critical || alerts?.pool_warning ? "warn" : "pass", {
        observedValue: Math.round((database_pool?.state?.saturation ?? 0) * 100),
        observedUnit: "percent",
      }),
      "circuit_breaker:state": check("component", circuit_breaker?.state === "CLOSED" ? "pass" : "warn", {
        observedValue: circuit_breaker?.state,
      }),
      "state_store:reachability": check("datastore", state_store?.status === "ok" ? "pass" : "warn"),
    },
  };
}

const OF_SERVICE: Readonly<Record<string, Status>> = { ok: "pass", error: "fail", unknown: "warn", disabled: "pass" };
