/** The pulse of a gate client alone: when it would renew, by made-up holdings and a line of so many. */
import type { Held } from "../../lib/guard/gate-client/holdings.ts";
import { createPulse } from "../../lib/guard/gate-client/pulse.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Heard, holding } from "./gate-heard.ts";

export interface Terms {
  readonly heard?: Heard;
  readonly held?: Partial<Held>;
  readonly waiting?: number;
  readonly roundTripMs?: number;
  readonly pushes?: boolean;
  readonly freezes?: boolean;
  /** By so much timers come too soon. */
  readonly earlyMs?: number;
  readonly refusing?: (() => void) | undefined;
}

/** A pulse whose beats are sent at once; the moments of them on the monotonic clock. */
export function pulseScene({ heard = {}, held = {}, waiting = 0, roundTripMs = 1, ...terms }: Terms = {}) {
  const { pushes = true, freezes = false, earlyMs = 0, refusing } = terms;
  const runtime = manualRuntime();
  const own = holding(heard, { request: held });
  const beats: number[] = [];
  const state = { waiting, sentAt: 0, sends: true };
  const near = memory().open(runtime);
  const traits = { ...near.traits, freezes, gate: { ...near.traits.gate, pushes } };
  const pulse = createPulse({
    own,
    line: { size: () => state.waiting },
    exchange: { attached: () => true, roundTripMs: () => roundTripMs, sentAt: () => state.sentAt },
    store: { ...near, traits } satisfies Store,
    runtime: { ...runtime, setTimer: (task, ms) => runtime.setTimer(task, ms - earlyMs) },
    refusing,
    beat: () => {
      beats.push(runtime.monotonicMs());
      if (state.sends) state.sentAt = runtime.monotonicMs();
    },
  });
  return { runtime, own, beats, state, pulse };
}
