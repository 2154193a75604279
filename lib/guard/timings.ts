/** How long the calls of one gate wait and run. What is settled of a measurement is looked up once, and no sooner. */
import type { Lane, Outcome } from "../gate/types.ts";
import type { Instruments, Timing } from "../telemetry/port.ts";

export interface Timings {
  /** A call that was let in has ended, and how it counts. */
  readonly ended: (lane: Lane, outcome: Outcome, ranMs: number) => void;
  /** A call was let in that had to wait for it. */
  readonly waited: (lane: Lane, waitedMs: number) => void;
}

export function createTimings(meters: Instruments, gate: string): Timings {
  const calls: Record<Lane, Partial<Record<Outcome, Timing>>> = { request: {}, slow: {}, health: {} };
  const waits: Partial<Record<Lane, Timing>> = {};
  return {
    ended: (lane, outcome, ranMs) => {
      const timing = calls[lane][outcome] ?? meters.timing("tidegate_call_duration_seconds", { gate, lane, outcome });
      calls[lane][outcome] = timing;
      timing(ranMs / 1_000);
    },
    waited: (lane, waitedMs) => {
      waits[lane] ??= meters.timing("tidegate_wait_seconds", { gate, lane });
      waits[lane](waitedMs / 1_000);
    },
  };
}
