/** A clock made of what others wrote: in virtual time, with wall clocks that are wrong. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { storeClock } from "../../../lib/store/deno-kv/clock.ts";
import { manualRuntime } from "../../../lib/testing/manual-runtime.ts";

const HOUR = 3_600_000;
const START = manualRuntime().wallMs();

test("begins at the wall clock where nothing was written", () => {
  expect(storeClock(manualRuntime()).now()).toBe(START);
});

test("asks the wall clock once, and then only measures", () => {
  const runtime = manualRuntime();
  const clock = storeClock(runtime);
  clock.now();
  runtime.jumpWall(HOUR);
  runtime.stall(1_500);
  expect(clock.now()).toBe(START + 1_500);
  runtime.jumpWall(-5 * HOUR);
  expect(clock.now()).toBe(START + 1_500);
});

test("of an instance whose wall clock is behind is that of the others, once it has read", () => {
  const runtime = manualRuntime();
  runtime.jumpWall(-HOUR);
  const clock = storeClock(runtime);
  clock.hear(START);
  expect(clock.now()).toBe(START);
  runtime.stall(250);
  expect(clock.now()).toBe(START + 250);
});

test("is moved once by an instance whose wall clock is ahead, for all who read what it wrote", () => {
  const ahead = manualRuntime();
  ahead.jumpWall(HOUR);
  const wrong = storeClock(ahead);
  wrong.hear(START);
  const written = wrong.now();
  expect(written).toBe(START + HOUR);
  const right = storeClock(manualRuntime());
  right.now();
  right.hear(written);
  expect(right.now()).toBe(written);
});

test("counts from when it was read, not from when it was written", () => {
  const runtime = manualRuntime();
  runtime.jumpWall(-HOUR);
  const clock = storeClock(runtime);
  runtime.stall(10_000);
  clock.hear(START);
  runtime.stall(1);
  expect(clock.now()).toBe(START + 1);
});

test("never runs backwards, within an instance or from one to the next, whatever the wall clocks do", () => {
  const act = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom("jump", "passes", "passes", "writes", "writes", "writes", "restarts"),
    ms: fc.integer({ min: -2 * HOUR, max: 2 * HOUR }),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const runtimes = [manualRuntime(), manualRuntime(), manualRuntime()];
      const clocks = runtimes.map(storeClock);
      let written = 0;
      for (const { who, what, ms, fraction } of acts) {
        const [runtime, clock] = [runtimes[who], clocks[who]];
        if (!runtime || !clock) continue;
        if (what === "jump") runtime.jumpWall(ms);
        if (what === "passes") for (const one of runtimes) one.stall(Math.abs(ms) * fraction);
        if (what === "restarts") clocks[who] = storeClock(runtime);
        if (what !== "writes") continue;
        if (written > 0) clock.hear(written);
        const now = clock.now();
        expect(Number.isInteger(now)).toBe(true);
        expect(now).toBeGreaterThanOrEqual(written);
        expect(clock.now()).toBe(now);
        written = now;
      }
    }),
    { numRuns: 500 },
  );
});
