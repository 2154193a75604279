/** Metrics of a process: durations, what it takes of its machine, and what it has lost. */

import { LANES, OUTCOMES, QUEUED_LANES } from "../gate/types.ts";
import { DURATION_BOUNDS } from "../telemetry/port.ts";
import { rowsOf } from "./metric.ts";

const counter = rowsOf("counter", "process");
const gauge = rowsOf("gauge", "process");
const histogram = rowsOf("histogram", "process");
const GATE_LANE = { gate: [], lane: LANES };

/** Of statements. */
export const STATEMENT_OUTCOMES = ["success", "failure"] as const;
/** Of a process's connections. */
export const CONNECTION_STATES = ["checked_out", "checked_in", "overflow"] as const;
/** Of what is told by percentiles; 100 is the longest. */
export const PERCENTILES = ["50", "99", "100"] as const;
/** Of workers under a supervisor. */
export const WORKER_STATES = ["starting", "ready", "stalled", "draining"] as const;

/** Upper bounds of what each histogram counts in, in its unit. */
export const BUCKETS = {
  tidegate_call_duration_seconds: DURATION_BOUNDS,
  tidegate_wait_seconds: DURATION_BOUNDS,
  tidegate_statement_duration_seconds: DURATION_BOUNDS,
  http_server_request_duration_seconds: DURATION_BOUNDS,
  tidegate_kept_stale_age_seconds: [10, 60, 300, 3_600, 21_600, 86_400],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export const PROCESS = {
  tidegate_kept_stale_age_seconds: histogram("seconds", {}, "How old those were."),
  tidegate_kept_entries: gauge("answers", {}, "Kept answers at hand; what the store has beyond that is not counted."),
  tidegate_kept_bytes: gauge("bytes", {}, "What they take of memory, 64 MiB for each process at most."),
  tidegate_call_duration_seconds: histogram(
    "seconds",
    { ...GATE_LANE, outcome: OUTCOMES },
    "How long calls have run, from their permit to their real end.",
    { bounded: "gate" },
  ),
  tidegate_wait_seconds: histogram(
    "seconds",
    GATE_LANE,
    "How long calls have waited for a permit that had to wait and were let in.",
    { bounded: "gate" },
  ),
  tidegate_statement_duration_seconds: histogram(
    "seconds",
    { lane: QUEUED_LANES, outcome: STATEMENT_OUTCOMES },
    "How long statements have taken, those of transactions one by one, without streams and pings.",
    { bounded: "lane" },
  ),
  http_server_request_duration_seconds: histogram(
    "seconds",
    { http_request_method: [], http_route: [], http_response_status_code: [] },
    "How long requests have taken that passed Tidegate, by the pattern of their route; empty where no route fits.",
    { bounded: "http_route" },
  ),
  tidegate_process_connections: gauge(
    "connections",
    { state: CONNECTION_STATES },
    "Connections of the lane request, or of a guarded pool: in use, idle, and open beyond DB_POOL_SIZE.",
  ),
  tidegate_process_connections_max: gauge(
    "connections",
    {},
    "Connections that there may be: DB_POOL_SIZE and DB_MAX_OVERFLOW, or max of a guarded pool.",
  ),
  tidegate_process_event_loop_delay_seconds: gauge(
    "seconds",
    { percentile: PERCENTILES },
    "By how much the event loop was late since it was last asked; absent at first, and where the platform does not tell.",
    { acrossWorkers: "max" },
  ),
  tidegate_process_resident_memory_bytes: gauge("bytes", {}, "Memory of the process."),
  tidegate_process_cpu_seconds_total: counter(
    "seconds",
    {},
    "Time of the processor that the process has used, in its own code and in the system's.",
  ),
  tidegate_log_lines_dropped_total: counter(
    "lines",
    {},
    "Lines of the log that were lost: more came than could be written.",
  ),
  tidegate_audit_failures_total: counter("records", {}, "Records of the audit that could not be written."),
  tidegate_workers: gauge(
    "processes",
    { state: WORKER_STATES },
    "Workers of the supervisor that answers; absent without one.",
    { acrossWorkers: "first" },
  ),
  tidegate_build_info: gauge(
    "1",
    { version: [], runtime: [] },
    "1, with the application's version and what it runs on.",
    { acrossWorkers: "first" },
  ),
};
