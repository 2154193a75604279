/** What health and the ledger say, and this process of itself, in figures. */
import type { PoolState } from "../database/port.ts";
import type { Family, Sample } from "./exposition.ts";
import { flag } from "./gate-metrics.ts";
import type { QueryTimes } from "./query-times.ts";

/** The health payload, as far as it is counted. */
export interface HealthSeen {
  readonly status: string;
  readonly database: string;
  readonly stateStore: string;
  readonly ageMs: number;
}

/** The ledger's facts, as far as they are counted. */
export interface RestartsSeen {
  readonly countInWindow: number;
  readonly cooldownRemainingMs: number;
  readonly blocked: boolean;
  readonly churnExceeded: boolean;
}

const STATUSES = ["healthy", "degraded", "unhealthy"];

const family = (name: string, help: string, ...samples: readonly Sample[]): Family => ({
  name: `tidegate_${name}`,
  help,
  samples,
});

export function serviceMetrics(health: HealthSeen, restarts: RestartsSeen): readonly Family[] {
  const verdicts = STATUSES.map((status) => ({ labels: { status }, value: flag(health.status === status) }));
  return [
    family("health_status", "1 for the verdict of /health.", ...verdicts),
    family("health_age_seconds", "Age of that verdict.", { value: health.ageMs / 1_000 }),
    // Not known is neither up nor down.
    family("database_up", "Whether the database answers pings; absent while not known.", ...known(health.database)),
    family("state_store_up", "Whether the state store answers.", ...known(health.stateStore)),
    family("restarts_in_window", "Restarts that count towards churn.", { value: restarts.countInWindow }),
    family("restart_cooldown_remaining_seconds", "Until a restart is allowed again; 0 unless cooling down.", {
      value: restarts.cooldownRemainingMs / 1_000,
    }),
    family("restart_blocked", "1 while restarts need an override.", { value: flag(restarts.blocked) }),
    family("restart_churn_exceeded", "1 while there were too many restarts.", { value: flag(restarts.churnExceeded) }),
  ];
}

const known = (status: string): readonly Sample[] => (status === "unknown" ? [] : [{ value: flag(status === "ok") }]);

/** Of one process: where several share a port, whichever answered. */
export function processMetrics(
  pid: number,
  pool: PoolState,
  queries: ReturnType<QueryTimes["figures"]>,
): readonly Family[] {
  const labels = { pid: String(pid) };
  const connections = { checked_out: pool.checkedOut, checked_in: pool.checkedIn, overflow: pool.overflow };
  const percentiles = { 50: queries.p50Ms, 95: queries.p95Ms, 99: queries.p99Ms };
  return [
    family(
      "process_connections",
      "Connections of this process.",
      ...Object.entries(connections).map(([state, value]) => ({ labels: { ...labels, state }, value })),
    ),
    family("process_connections_max", "Connections that this process may have.", { labels, value: pool.maxCapacity }),
    family("process_statements_recent", "Statements of this process in the last five minutes.", {
      labels,
      value: queries.count,
    }),
    family("process_slow_statements_recent", "Of these, those that were slow.", { labels, value: queries.slowCount }),
    family(
      "process_statement_seconds",
      "How long these took, by percentile.",
      ...Object.entries(percentiles).map(([percentile, ms]) => ({
        labels: { ...labels, percentile },
        value: ms / 1_000,
      })),
    ),
  ];
}
