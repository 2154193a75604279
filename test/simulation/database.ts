/** A database: it answers after a while, fails at once, or hangs; and counts what runs on it. */
import type { VirtualClock } from "./clock.ts";

export interface Database {
  condition: "well" | "fails" | "hangs";
  readonly seen: { running: number; most: number; probes: number; mostProbes: number };
  /** Told whenever a statement begins. */
  onStart: (running: number, probes: number) => void;
  /** @param done Told by the server, whether anybody is there to hear it or not. */
  readonly run: (isProbe: boolean, deadlineMs: number, done: (isOk: boolean, ranMs: number) => void) => void;
  readonly ping: (done: (isOk: boolean) => void) => void;
}

/** Of a ping. */
const PING_DEADLINE_MS = 800;
/** A statement that is cancelled at its deadline ends so soon after it. */
const CANCEL_MS = 50;

export function createDatabase(clock: VirtualClock, callMs: number): Database {
  const seen = { running: 0, most: 0, probes: 0, mostProbes: 0 };
  const failMs = () => 3 + clock.exponential(2);
  const self: Database = {
    condition: "well",
    seen,
    onStart: () => {},
    run: (isProbe, deadlineMs, done) => {
      const { condition } = self;
      seen.running += 1;
      if (isProbe) seen.probes += 1;
      seen.most = Math.max(seen.most, seen.running);
      seen.mostProbes = Math.max(seen.mostProbes, seen.probes);
      self.onStart(seen.running, seen.probes);
      const takesMs = clock.exponential(callMs);
      const isOk = condition === "well" && takesMs < deadlineMs;
      const cancelledMs = deadlineMs + clock.random() * CANCEL_MS;
      const ranMs = isOk ? takesMs : condition === "fails" ? failMs() : cancelledMs;
      clock.after(ranMs, () => {
        seen.running -= 1;
        if (isProbe) seen.probes -= 1;
        done(isOk, ranMs);
      });
    },
    ping: (done) => {
      const { condition } = self;
      const takesMs = condition === "well" ? 1 : condition === "fails" ? failMs() : PING_DEADLINE_MS;
      clock.after(takesMs, () => done(condition === "well"));
    },
  };
  return self;
}
