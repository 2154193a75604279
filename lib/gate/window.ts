/** The window: what recent votes add up to. One sum, moved along as seconds age, so a vote costs the same at any load. */
import type { Vote } from "./renewal.ts";
import { RING_SECONDS, type Second, type Window } from "./state.ts";
import type { Turn } from "./turn.ts";

const secondOf = (ms: number): number => Math.floor(ms / 1_000);

/** A window that begins at `at`: what that second already held does not count. */
export function beginWindow(seconds: ReadonlyMap<number, Second>, at: number): Window {
  const start = secondOf(at);
  const held = entryAt(seconds, start);
  const base = { calls: held?.calls ?? 0, failures: held?.failures ?? 0, slow: held?.slow ?? 0 };
  return { start, base, from: start, calls: 0, failures: 0, slow: 0 };
}

/** Lets seconds that are too old leave the sum, or come back where the configuration grew. */
export function rollWindow(turn: Turn): void {
  const { window } = turn.core;
  const oldest = Math.max(window.start, secondOf(turn.now) - turn.config.windowSeconds + 1);
  if (oldest === window.from) return;
  // Beyond the ring there is nothing left to add or take away.
  const [first, last, sign] = oldest > window.from ? [window.from, oldest, -1] : [oldest, window.from, 1];
  for (let second = Math.max(first, last - RING_SECONDS); second < last; second++) addSecond(turn, second, sign);
  if (oldest - window.from > RING_SECONDS) Object.assign(window, { calls: 0, failures: 0, slow: 0 });
  window.from = oldest;
}

function addSecond(turn: Turn, second: number, sign: number): void {
  const entry = entryAt(turn.gate.seconds, second);
  if (!entry) return;
  const { window } = turn.core;
  const base = second === window.start ? window.base : { calls: 0, failures: 0, slow: 0 };
  window.calls += sign * (entry.calls - base.calls);
  window.failures += sign * (entry.failures - base.failures);
  window.slow += sign * (entry.slow - base.slow);
}

/** Counts calls that ended. */
export function countVotes(turn: Turn, { calls, failures, slow }: Vote): void {
  for (const sum of [currentSecond(turn), turn.core.window]) {
    sum.calls += calls;
    sum.failures += failures;
    sum.slow += slow;
  }
}

export function countRefused(turn: Turn, refused: number): void {
  if (refused > 0) currentSecond(turn).refused += refused;
}

/** Notes how many calls ran and how many waited, where that is a new peak of the second. */
export function countPeaks(turn: Turn): void {
  const { core, gate } = turn;
  const running = core.running.request + core.running.slow;
  const waiting = core.waiting.request + core.waiting.slow;
  const known = entryAt(gate.seconds, secondOf(turn.now));
  if (running <= (known?.running ?? 0) && waiting <= (known?.waiting ?? 0)) return;
  const second = known ?? currentSecond(turn);
  second.running = Math.max(second.running, running);
  second.waiting = Math.max(second.waiting, waiting);
  turn.touched.seconds.push(second.at % RING_SECONDS);
}

function currentSecond(turn: Turn): Second {
  const at = secondOf(turn.now);
  const place = at % RING_SECONDS;
  turn.touched.seconds.push(place);
  const known = turn.gate.seconds.get(place);
  if (known?.at === at) return known;
  const fresh = { at, calls: 0, failures: 0, slow: 0, refused: 0, running: 0, waiting: 0 };
  turn.gate.seconds.set(place, fresh);
  return fresh;
}

function entryAt(seconds: ReadonlyMap<number, Second>, second: number): Second | undefined {
  const entry = seconds.get(second % RING_SECONDS);
  return entry?.at === second ? entry : undefined;
}
