/** Load on a function in this process. */

/** Runs until that moment of `performance.now()`, and until everything that was begun has ended. */
export type Load = (run: () => Promise<unknown>, until: number) => Promise<void>;

/** So many callers, each of which calls again when its call has ended. */
export const closedLoop =
  (callers: number): Load =>
  async (run, until) => {
    const caller = async () => {
      while (performance.now() < until) await run();
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };

/** So many calls a second by chance: each starts when it is due, whatever became of the others. */
export const openLoop =
  (perSecond: number): Load =>
  async (run, until) => {
    const running = new Set<Promise<unknown>>();
    let dueAt = performance.now();
    while (dueAt < until) {
      for (; dueAt <= performance.now(); dueAt += (-Math.log(1 - Math.random()) * 1_000) / perSecond) {
        const done: Promise<unknown> = run().finally(() => running.delete(done));
        running.add(done);
      }
      // Timers are a millisecond coarse; spinning in the last one costs less than calls that come in bundles distort.
      await new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now() - 1)));
    }
    await Promise.all(running);
  };
