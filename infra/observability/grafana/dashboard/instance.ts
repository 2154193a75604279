/** The third row: what single instances tell of themselves. One with several workers tells of all of them together. */
import { OF_INSTANCE, own, ownRate, quantiles, type Row } from "./panel.ts";

const HTTP = "http_server_request_duration_seconds";

export const INSTANCE: Row = {
  title: "One instance: $instance",
  panels: [
    {
      title: "Requests by route: p95",
      description: "How long one request in twenty takes or longer, by the pattern of its route.",
      kind: "lines",
      unit: "s",
      queries: [[`histogram_quantile(0.95, sum by (le, http_route) (${ownRate(`${HTTP}_bucket`)}))`, "{{http_route}}"]],
      width: 8,
    },
    {
      title: "Requests by status",
      description:
        "Requests a second. 503 with a code is a refusal or a database that is away; 500 is a fault of the application.",
      kind: "stacked",
      unit: "ops",
      queries: [[`sum by (http_response_status_code) (${ownRate(`${HTTP}_count`)})`, "{{http_response_status_code}}"]],
      width: 8,
    },
    {
      title: "How long statements take",
      description: "By lane, those of transactions one by one, without streams and pings.",
      kind: "lines",
      unit: "s",
      queries: quantiles("tidegate_statement_duration_seconds", "lane", OF_INSTANCE),
      width: 8,
    },
    {
      title: "Statements by outcome",
      description: "Statements a second that have ended.",
      kind: "stacked",
      unit: "ops",
      queries: [
        [`sum by (lane, outcome) (${ownRate("tidegate_statement_duration_seconds_count")})`, "{{lane}} {{outcome}}"],
      ],
      width: 8,
    },
    {
      title: "Connections",
      description: "Of the lane request: in use, idle, open beyond DB_POOL_SIZE; and as many as there may be.",
      kind: "lines",
      queries: [
        [`sum by (state) (${own("tidegate_process_connections")})`, "{{state}}"],
        [`sum(${own("tidegate_process_connections_max")})`, "at most"],
      ],
      width: 8,
    },
    {
      title: "Event loop",
      description:
        "By how much it was late since the scrape before, of the worst worker. Above 0.2 s for long: synchronous work.",
      kind: "lines",
      unit: "s",
      queries: [[own("tidegate_process_event_loop_delay_seconds"), "{{instance}} p{{percentile}}"]],
      width: 8,
    },
    {
      title: "Memory",
      description: "Resident memory of the process, or of all workers together, and what kept answers take of it.",
      kind: "lines",
      unit: "bytes",
      queries: [
        [own("tidegate_process_resident_memory_bytes"), "{{instance}}"],
        [own("tidegate_kept_bytes"), "{{instance}} kept answers"],
      ],
      width: 8,
    },
    {
      title: "Processors",
      description: "Seconds of the processor in a second: 1 is one processor that does nothing else.",
      kind: "lines",
      queries: [[ownRate("tidegate_process_cpu_seconds_total"), "{{instance}}"]],
      width: 8,
    },
    {
      title: "Lost lines and records",
      description:
        "Lines of the log that were lost, and audit records that could not be written, in what is shown. Both should be 0.",
      kind: "lines",
      queries: [
        [`increase(${own("tidegate_log_lines_dropped_total")}[$__range])`, "{{instance}} lines of the log"],
        [`increase(${own("tidegate_audit_failures_total")}[$__range])`, "{{instance}} records"],
      ],
      width: 8,
    },
    {
      title: "Kept answers at hand",
      description: "Entries in the memory of this process, or of all its workers together.",
      kind: "lines",
      queries: [[own("tidegate_kept_entries"), "{{instance}}"]],
      width: 8,
    },
    {
      title: "Workers",
      description: "Of a supervisor, by what they are doing. Without one there are none.",
      kind: "stacked",
      queries: [[`sum by (state) (${own("tidegate_workers")})`, "{{state}}"]],
      width: 8,
    },
    {
      title: "Versions",
      description: "What runs where. Two versions for longer than a deployment: one did not come through.",
      kind: "table",
      queries: [[own("tidegate_build_info"), ""]],
      width: 8,
    },
  ],
};
