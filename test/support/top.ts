/** A fleet in trouble, as `tidegate top` reads it. */
import type { Reading } from "../../lib/cli/top/reader.ts";
import { parseSamples } from "../../lib/cli/top/samples.ts";
import { exposition } from "../../lib/metrics/exposition.ts";
import { family, flag } from "../../lib/metrics/family.ts";
import { createRegistry } from "../../lib/metrics/registry.ts";

const NOW = Date.parse("2026-01-31T12:00:53Z");

/** A fleet whose gate main is open, after `calls` good ones, with `refused` of others. */
export function reading(atMs: number, calls: number, refused: number): Reading {
  const registry = createRegistry({ runtime: { wallMs: () => 0 }, tracing: null, meters: null });
  for (let call = 0; call < calls; call += 1) {
    const labels = { gate: "main", lane: "request", outcome: "success" };
    registry.record("tidegate_call_duration_seconds", 0.02, labels);
  }
  const main = { gate: "main" };
  const request = { ...main, lane: "request" };
  const text = exposition(
    [
      family("tidegate_calls_total", [{ labels: { ...request, outcome: "success" }, value: calls }]),
      family("tidegate_refusals_total", [{ labels: { ...request, reason: "open" }, value: refused }]),
      family(
        "tidegate_breaker_state",
        [
          { gate: "main", now: "open" },
          { gate: "mes", now: "closed" },
        ].flatMap(({ gate, now }) =>
          ["closed", "open", "half_open"].map((state) => ({ labels: { gate, state }, value: flag(state === now) })),
        ),
      ),
      family("tidegate_breaker_since_seconds", [{ labels: main, value: 12.2 }]),
      family("tidegate_breaker_open_remaining_seconds", [{ labels: main, value: 17.8 }]),
      family("tidegate_breaker_window_calls", [{ labels: main, value: 20 }]),
      family("tidegate_breaker_window_failures", [{ labels: main, value: 10 }]),
      family("tidegate_lane_capacity", [{ labels: request, value: 30 }]),
      family("tidegate_permits", [
        { labels: { ...request, state: "running" }, value: 30 },
        { labels: { ...request, state: "reserved" }, value: 0 },
        { labels: { ...request, state: "free" }, value: 0 },
      ]),
      family("tidegate_waiting_calls", [{ labels: request, value: 7 }]),
      family("tidegate_instances", [{ labels: main, value: 40 }]),
      ...registry.families(),
    ],
    "text",
  );
  const advice = {
    action: "wait_for_circuit_half_open",
    message: "The breaker is open; it looks again by itself.",
  } as const;
  return {
    atMs,
    wallMs: NOW + atMs,
    samples: parseSamples(text),
    told: {
      status: "degraded",
      reason: "circuit_breaker_open",
      advice,
      policy: { state: "cooldown", cooldown_remaining_seconds: 34 },
    },
    system: {
      instances: Array.from({ length: 40 }, (_, at) => ({
        id: `instance-${at}`,
        runtime: "node",
        version: "1.4.0",
        region: at === 0 ? "\u001b[2Jber" : "ber",
        started_at: "2026-01-31T09:00:00.000Z",
        last_seen_at: "2026-01-31T12:00:52.000Z",
      })),
      gates: {
        main: {
          transitions: Array.from({ length: 30 }, (_, at) => ({
            kind: "transition" as const,
            at: `2026-01-31T11:${10 + at}:00.000Z`,
            from: "closed" as const,
            to: "open" as const,
            cause: "failure_rate" as const,
          })),
        },
      },
    },
  };
}
