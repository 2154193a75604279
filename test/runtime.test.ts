/** The platform's own clocks and timers, as everything else is given them. */
import { expect, it } from "vitest";
import { systemRuntime } from "../lib/runtime.ts";

it("waits for as long as it can where that is less than it was to wait, and not for a millisecond", async () => {
  const { setTimer, clearTimer } = systemRuntime();
  const rung: number[] = [];
  const timers = [2 ** 31, Number.POSITIVE_INFINITY].map((ms) => setTimer(() => void rung.push(ms), ms));
  await new Promise<void>((resolve) => setTimer(resolve, 20));
  timers.forEach(clearTimer);
  expect(rung).toEqual([]);
});
