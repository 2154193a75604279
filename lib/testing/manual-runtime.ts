/** A runtime whose clock stands still until it is told to move, and whose chance always falls the same way. */
import { type Runtime, systemRuntime, type Timer } from "../runtime.ts";

/** A runtime that a test moves. */
export interface ManualRuntime extends Runtime {
  /**
   * Moves both clocks on, running timers at their due times and letting promises settle in between.
   *
   * @param ms How far, in milliseconds.
   * @throws What a timer's task throws.
   */
  advance(ms: number): Promise<void>;
  /**
   * Moves the wall clock alone, as an administrator would.
   *
   * @param ms How far, in milliseconds; below 0 backwards.
   */
  jumpWall(ms: number): void;
  /**
   * Both clocks move on and no timer runs: a process that was frozen. What is late runs with the next `advance`.
   *
   * @param ms How far, in milliseconds.
   */
  stall(ms: number): void;
  /** Timers that have not run yet: a test's view of what leaks. */
  pendingTimers(): number;
}

/**
 * A runtime whose clock stands still until a test moves it: `tidegate({ …, runtime })`.
 *
 * @param seed Where chance begins; the same seed gives the same run.
 * @example
 * ```ts
 * const runtime = manualRuntime();
 * const tide = tidegate({ database, store: memory(), runtime });
 * await runtime.advance(30_000); // the breaker's open period is over
 * ```
 */
export function manualRuntime(seed = 1): ManualRuntime {
  const timers = new Map<number, { readonly at: number; readonly task: () => void }>();
  let [monotonic, wall, lastTimer, lastUuid, chance] = [0, Date.UTC(2026, 0, 1), 0, 0, seed >>> 0];

  const nextDue = (until: number) => {
    let next: [id: number, at: number] | null = null;
    for (const [id, { at }] of timers) if (at <= until && (!next || at < next[1])) next = [id, at];
    return next;
  };
  const moveTo = (at: number) => {
    wall += at - monotonic;
    monotonic = at;
  };

  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    setTimer: (task, delayMs) => {
      timers.set(++lastTimer, { at: monotonic + Math.max(0, delayMs), task });
      return lastTimer;
    },
    clearTimer: (timer: Timer) => {
      timers.delete(timer as number);
    },
    endOfTurn: (task) => queueMicrotask(task),
    // A linear congruential generator (Numerical Recipes' constants): even enough, and the same everywhere.
    random: () => {
      chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
      return chance / 2 ** 32;
    },
    uuid: () => `00000000-0000-4000-8000-${String(++lastUuid).padStart(12, "0")}`,
    fetch: () => Promise.reject(new Error("manual runtime: there is no network, hand in a fetch of your own")),
    advance: async (ms) => {
      const until = monotonic + ms;
      await settlePromises();
      for (let next = nextDue(until); next; next = nextDue(until)) {
        const [id, at] = next;
        moveTo(Math.max(at, monotonic));
        const timer = timers.get(id);
        timers.delete(id);
        timer?.task();
        await settlePromises();
      }
      moveTo(until);
    },
    jumpWall: (ms) => {
      wall += ms;
    },
    stall: (ms) => moveTo(monotonic + ms),
    pendingTimers: () => timers.size,
  };
}

/** One real turn of the event loop: every promise chain that waits for nothing else has run by then. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => systemRuntime().endOfTurn(resolve));
}
