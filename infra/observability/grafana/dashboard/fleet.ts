/** The first row: is all well, and if not, since when and for whom. */
import { gauge, perSecond, type Row, UP } from "./panel.ts";

const CALLS = perSecond("tidegate_calls_total", "gate, lane, outcome", 'lane!="health"');
const REFUSALS = perSecond("tidegate_refusals_total", "gate, lane, reason", 'lane!="health"');
const COUNTED = perSecond("tidegate_calls_total", "gate, lane, outcome", 'lane!="health", outcome=~"success|failure"');
const FAILED = perSecond("tidegate_calls_total", "gate, lane, outcome", 'lane!="health", outcome="failure"');

const stat = { kind: "stat", width: 4, height: 4 } as const;

export const FLEET: Row = {
  title: "The fleet at a glance",
  panels: [
    {
      ...stat,
      title: "Health",
      description:
        "The verdict of /health, the worst that any instance has. Degraded: it answers, and something is missing.",
      queries: [
        [
          'max(tidegate_health_status{job="$job", status="degraded"}) + 2 * max(tidegate_health_status{job="$job", status="unhealthy"})',
          "verdict",
        ],
      ],
      named: [
        [0, "healthy", "green"],
        [1, "degraded", "orange"],
        [2, "unhealthy", "red"],
        [3, "differs", "red"],
      ],
    },
    {
      ...stat,
      title: "Database",
      description: "Whether pings are answered, by any instance. Nothing: not known.",
      queries: [['max(tidegate_database_up{job="$job"})', "database"]],
      named: UP,
    },
    {
      ...stat,
      title: "State store",
      description: "Whether it answers every instance. While it does not, instances work from their own share.",
      queries: [['min(tidegate_state_store_up{job="$job"})', "store"]],
      named: UP,
    },
    {
      ...stat,
      title: "Instances",
      description: "As many as the gate of the database has heard of within the last minute.",
      queries: [[gauge("tidegate_instances", "job", 'gate="main"'), "instances"]],
    },
    {
      ...stat,
      title: "Failed",
      description: "Share of the calls that count, of all gates, pings left out.",
      unit: "percentunit",
      queries: [[`sum(${FAILED}) / (sum(${COUNTED}) > 0) or vector(0)`, "failed"]],
    },
    {
      ...stat,
      title: "Refused",
      description: "Share of the calls that asked to be let in, of all gates, pings left out.",
      unit: "percentunit",
      queries: [[`sum(${REFUSALS}) / (sum(${CALLS}) + sum(${REFUSALS}) > 0) or vector(0)`, "refused"]],
    },
    {
      title: "Breakers",
      description: "The state of each gate's breaker. Open: calls are refused at once. Half-open: single calls try.",
      kind: "states",
      queries: [
        [
          `${gauge("tidegate_breaker_state", "gate", 'state="half_open"')} + 2 * ${gauge("tidegate_breaker_state", "gate", 'state="open"')}`,
          "{{gate}}",
        ],
      ],
      named: [
        [0, "closed", "green"],
        [1, "half-open", "orange"],
        [2, "open", "red"],
      ],
      width: 24,
      height: 5,
    },
    {
      title: "Calls by outcome",
      description:
        "Calls a second that were let in and have ended, pings left out. Ignored ones count for nothing: a wrong statement, a caller who left.",
      kind: "stacked",
      unit: "ops",
      queries: [[`sum by (outcome) (${CALLS})`, "{{outcome}}"]],
      width: 8,
    },
    {
      title: "Refusals by reason",
      description:
        "Calls a second that were not let in. open, probing: the breaker. full, late: the lane. forced: an operator. nested: a fault of the code.",
      kind: "stacked",
      unit: "ops",
      queries: [[`sum by (reason) (${REFUSALS})`, "{{reason}}"]],
      width: 8,
    },
    {
      title: "Kept answers",
      description:
        "Answers a second by how they came about. stale: in the place of a new one. missing: nothing was kept, and the caller got the error.",
      kind: "stacked",
      unit: "ops",
      queries: [[perSecond("tidegate_kept_answers_total", "how"), "{{how}}"]],
      width: 8,
    },
  ],
};
