/** Variables of what health says, and from which figures on it warns. */
import { integer, ratio } from "../schemas.ts";
import type { Table } from "../variable.ts";

export interface HealthValues {
  readonly HEALTH_MEMO_TTL_SECONDS: number;
  readonly HEALTH_PROBE_TIMEOUT_MS: number;
  readonly RESILIENCE_DEGRADED_ALERT_SECONDS: number;
  readonly RESILIENCE_POOL_SATURATION_WARNING: number;
  readonly RESILIENCE_POOL_SATURATION_CRITICAL: number;
  readonly RESILIENCE_RESTART_CHURN_WINDOW_SECONDS: number;
  readonly RESILIENCE_RESTART_CHURN_THRESHOLD: number;
}

export const HEALTH: Table<HealthValues> = {
  HEALTH_MEMO_TTL_SECONDS: {
    group: "health",
    inCode: ["health.memoTtlMs", "seconds"],
    default: "5",
    description: "For how long a health payload is used again, fleet-wide; 0 switches it off",
    schema: integer("seconds", 0, 5),
  },
  HEALTH_PROBE_TIMEOUT_MS: {
    group: "health",
    inCode: ["health.probeTimeoutMs", "number"],
    default: "800",
    description: "Longest that a health request waits for the database",
    schema: integer("milliseconds", 1, 60_000),
  },
  RESILIENCE_DEGRADED_ALERT_SECONDS: {
    group: "health",
    inCode: ["health.degradedAlertMs", "seconds"],
    default: "300",
    description: "How long a degraded state may last before it is an alert",
    schema: integer("seconds", 1, 86_400),
  },
  RESILIENCE_POOL_SATURATION_WARNING: {
    group: "health",
    inCode: ["health.saturationWarning", "number"],
    default: "0.90",
    description: "Saturation of the pool from which it warns, 0 to 1",
    schema: ratio,
  },
  RESILIENCE_POOL_SATURATION_CRITICAL: {
    group: "health",
    inCode: ["health.saturationCritical", "number"],
    default: "1.0",
    description: "Saturation from which it is critical; not below the warning",
    schema: ratio,
  },
  RESILIENCE_RESTART_CHURN_WINDOW_SECONDS: {
    group: "health",
    inCode: ["health.restartChurnWindowMs", "seconds"],
    default: "600",
    description: "How far back restarts count as churn",
    schema: integer("seconds", 1, 86_400),
  },
  RESILIENCE_RESTART_CHURN_THRESHOLD: {
    group: "health",
    inCode: ["health.restartChurnThreshold", "number"],
    default: "3",
    description: "Restarts in that window that are churn",
    schema: integer("restarts", 1, 1_000),
  },
};
