/** Of this process, beside what its registry counts: looked up when somebody asks. */
import type { PoolState } from "../database/port.ts";
import type { KeptFigures } from "../kept/figures.ts";
import type { ProcessUsage } from "../runtime.ts";
import { BUCKETS, CONNECTION_STATES, PERCENTILES } from "./catalogue-process.ts";
import { type Family, family, histogramSamples } from "./family.ts";

export interface KeptSeen extends KeptFigures {
  readonly entries: number;
  readonly bytes: number;
}

export interface ProcessSeen {
  readonly pool: PoolState;
  readonly kept: KeptSeen;
  readonly usage: ProcessUsage;
  /** By percentile, in milliseconds; null where it is not known. */
  readonly delayMs: ((percentile: number) => number) | null;
  readonly logLinesDropped: number;
  readonly auditFailures: number;
  readonly version: string;
  readonly runtime: string;
}

export function processMetrics(seen: ProcessSeen): readonly Family[] {
  const { pool, kept, usage, delayMs, version, runtime } = seen;
  const connections = { checked_out: pool.checkedOut, checked_in: pool.checkedIn, overflow: pool.overflow };
  const delays = PERCENTILES.map((percentile) => ({ percentile, ms: delayMs?.(Number(percentile)) ?? 0 }));
  return [
    keptAges(kept),
    family("tidegate_kept_entries", [{ value: kept.entries }]),
    family("tidegate_kept_bytes", [{ value: kept.bytes }]),
    family(
      "tidegate_process_connections",
      CONNECTION_STATES.map((state) => ({ labels: { state }, value: connections[state] })),
    ),
    family("tidegate_process_connections_max", [{ value: pool.maxCapacity }]),
    family(
      "tidegate_process_event_loop_delay_seconds",
      delayMs ? delays.map(({ percentile, ms }) => ({ labels: { percentile }, value: ms / 1_000 })) : [],
    ),
    family("tidegate_process_resident_memory_bytes", [{ value: usage.residentBytes }]),
    family("tidegate_process_cpu_seconds_total", [{ value: usage.cpuMs / 1_000 }]),
    family("tidegate_log_lines_dropped_total", [{ value: seen.logLinesDropped }]),
    family("tidegate_audit_failures_total", [{ value: seen.auditFailures }]),
    family("tidegate_build_info", [{ labels: { version, runtime }, value: 1 }]),
  ];
}

/** Those were younger than a bound, and up to it here, where it makes no difference. */
function keptAges({ staleAges, staleSecondsSum, answers }: KeptSeen): Family {
  let below = 0;
  const counts = [...staleAges.map(({ count }) => count), answers.stale].map((count) => {
    const own = count - below;
    below = count;
    return own;
  });
  const bounds = BUCKETS.tidegate_kept_stale_age_seconds;
  return {
    name: "tidegate_kept_stale_age_seconds",
    samples: histogramSamples({}, { bounds, counts, sum: staleSecondsSum }),
  };
}
