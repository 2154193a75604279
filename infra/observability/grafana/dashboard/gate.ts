/** The second row: one gate, its lanes and its breaker. */
import { OF_GATE, ofGate, ofGatePerSecond, type Panel, quantiles, type Row } from "./panel.ts";

const lane = (name: "request" | "slow"): Panel => ({
  title: `Permits of the lane ${name}`,
  description:
    "The capacity by its use: calls that run, permits that instances hold in reserve, and what is free. Nothing free for long: the lane is full.",
  kind: "stacked",
  queries: [[ofGate("tidegate_permits", "state", `lane="${name}"`), "{{state}}"]],
  width: 8,
});

export const GATE_ROW: Row = {
  title: "One gate: $gate",
  panels: [
    lane("request"),
    lane("slow"),
    {
      title: "Waiting calls",
      description: "Calls that wait for a permit. As many as may run: the last one waits as long as two calls take.",
      kind: "lines",
      queries: [
        [ofGate("tidegate_waiting_calls", "lane"), "{{lane}}"],
        [ofGate("tidegate_lane_full_seconds", "lane"), "{{lane}}: none has ended for s"],
      ],
      width: 8,
    },
    {
      title: "How long calls run",
      description:
        "From their permit to their real end, of all instances. The lane slow is for what is slow by nature.",
      kind: "lines",
      unit: "s",
      queries: quantiles("tidegate_call_duration_seconds", "lane", OF_GATE),
      width: 8,
    },
    {
      title: "How long calls wait",
      description:
        "For a permit, of those that had to wait and were let in. Most have not to wait, and are not counted here.",
      kind: "lines",
      unit: "s",
      queries: quantiles("tidegate_wait_seconds", "lane", OF_GATE),
      width: 8,
    },
    {
      title: "Calls in flight",
      description:
        "On average: seconds that calls ran, and waited, in each second. Beside the capacity it says how much room there is.",
      kind: "lines",
      queries: [
        [ofGatePerSecond("tidegate_calls_run_seconds_total", "lane"), "{{lane}} running"],
        [ofGatePerSecond("tidegate_calls_wait_seconds_total", "lane"), "{{lane}} waiting"],
        [ofGate("tidegate_lane_capacity", "lane"), "{{lane}} capacity"],
      ],
      width: 8,
    },
    {
      title: "Calls by lane and outcome",
      description: "Calls a second of this gate that have ended. Failures of the lane health are pings.",
      kind: "lines",
      unit: "ops",
      queries: [[ofGatePerSecond("tidegate_calls_total", "lane, outcome"), "{{lane}} {{outcome}}"]],
      width: 8,
    },
    {
      title: "Refusals by lane and reason",
      description: "Calls a second that this gate did not let in.",
      kind: "lines",
      unit: "ops",
      queries: [[ofGatePerSecond("tidegate_refusals_total", "lane, reason"), "{{lane}} {{reason}}"]],
      width: 8,
    },
    {
      title: "The breaker's window",
      description:
        "What the breaker judges by: calls that count, of these the failed and the slow ones. It opens by their shares.",
      kind: "lines",
      queries: [
        [ofGate("tidegate_breaker_window_calls", "gate"), "calls"],
        [ofGate("tidegate_breaker_window_failures", "gate"), "failures"],
        [ofGate("tidegate_breaker_window_slow_calls", "gate"), "slow calls"],
      ],
      width: 8,
    },
    {
      title: "The breaker's times",
      description:
        "For how long it has been in its state, and until probes may pass. Failed recoveries in a row make that longer.",
      kind: "lines",
      unit: "s",
      queries: [
        [ofGate("tidegate_breaker_since_seconds", "gate"), "in its state"],
        [ofGate("tidegate_breaker_open_remaining_seconds", "gate"), "until probes"],
      ],
      width: 8,
    },
    {
      title: "Failed recoveries, and what is forced",
      description: "Failed recoveries in a row; 1 for a mode that an operator has set.",
      kind: "lines",
      queries: [
        [ofGate("tidegate_breaker_failed_recoveries", "gate"), "failed recoveries"],
        [ofGate("tidegate_breaker_forced", "mode"), "{{mode}}"],
      ],
      width: 8,
    },
    {
      title: "Messages to the store",
      description: "Renewals a second, of all instances: what the gate costs its store.",
      kind: "lines",
      unit: "ops",
      queries: [[ofGatePerSecond("tidegate_renewals_total", "gate"), "renewals"]],
      width: 8,
    },
  ],
};
