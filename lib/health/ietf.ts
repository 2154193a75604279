/**
 * The same facts in the form of the IETF's draft (draft-inadarei-api-health-check-06), which some monitors read.
 * Made of a finished payload, so that both forms always say the same.
 */
import type { HealthPayload } from "./payload.ts";
import type { Report } from "./report.ts";

export const HEALTH_JSON = "application/health+json";

type Status = "pass" | "warn" | "fail";

interface Check {
  readonly componentType: "datastore" | "component";
  readonly status: Status;
  readonly observedValue?: unknown;
  readonly observedUnit?: string;
  readonly time: unknown;
  readonly output?: string;
}

const STATUS: Readonly<Record<HealthPayload["status"], Status>> = {
  healthy: "pass",
  degraded: "warn",
  unhealthy: "fail",
};

/** The little of a payload that is read here. Another version's may lack some of it. */
interface Read {
  readonly services?: { readonly database?: string };
  readonly checks?: { readonly database?: { readonly latency_ms?: number | null; readonly error?: string } };
  readonly state_store?: { readonly status?: string };
  readonly circuit_breaker?: { readonly state?: string };
  readonly database_pool?: { readonly state?: { readonly saturation?: number } };
  readonly resilience?: { readonly alerts?: { readonly pool_warning?: boolean; readonly pool_critical?: boolean } };
  readonly errors?: readonly string[];
}

/** @param releaseId The application's version. */
export function healthJson({ health, deep }: Pick<Report, "health" | "deep">, releaseId: string): object {
  const { services, state_store, circuit_breaker, database_pool, resilience, errors } = health as Read;
  const latencyMs = (deep as Read).checks?.database?.latency_ms ?? null;
  const alerts = resilience?.alerts;
  const time = health.computed_at;
  const check = (componentType: Check["componentType"], status: Status, more: Partial<Check> = {}): Check[] => [
    { componentType, status, time, ...more },
  ];
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

const OF_SERVICE: Readonly<Record<string, Status>> = { ok: "pass", error: "fail", unknown: "warn" };
