import { describe, expect, test } from "vitest";
import type { Holdings } from "../../lib/guard/gate-client/holdings.ts";
import { pulseScene as scene, type Terms } from "../support/pulse-scene.ts";

const RUNS = { permits: 1, allow: 1, running: 1 };

/** How long after the last renewal the next comes. */
async function everyMs(terms: Terms): Promise<number | undefined> {
  const { runtime, beats, pulse } = scene(terms);
  pulse.plan();
  await runtime.advance(5_000);
  return beats[0];
}

describe("who holds or runs something", () => {
  test("renews as often as it was told, and every quarter of a second before it was told anything", async () => {
    expect(await everyMs({ heard: { renewWithinMs: 400 }, held: RUNS })).toBe(400);
    expect(await everyMs({ heard: { renewWithinMs: 0 }, held: RUNS })).toBe(250);
    const { runtime, own, beats, pulse } = scene({ held: RUNS });
    own.heard = null;
    pulse.plan();
    await runtime.advance(600);
    expect(beats).toEqual([250, 500]);
  });

  test("also where a timer comes a millisecond early, as some platforms have it", async () => {
    expect(await everyMs({ heard: { renewWithinMs: 400 }, held: RUNS, earlyMs: 1 })).toBe(399);
  });

  test("and who does not, has no timer", async () => {
    const idle = (own: (own: Holdings) => void) => {
      const { runtime, own: mine, pulse } = scene();
      own(mine);
      pulse.plan();
      return runtime.pendingTimers();
    };
    expect(idle(() => {})).toBe(0);
    expect(idle((own) => Object.assign(own.lanes.slow, { probing: 1 }))).toBe(1);
    expect(idle((own) => Object.assign(own.lanes.slow, { permits: 1 }))).toBe(1);
    expect(idle((own) => own.pings.push({ ok: true }))).toBe(1);
  });

  test("counts from the last renewal, whoever sent it", async () => {
    const { runtime, beats, state, pulse } = scene({ heard: { renewWithinMs: 400 }, held: RUNS });
    pulse.plan();
    await runtime.advance(300);
    state.sentAt = 300;
    pulse.plan();
    await runtime.advance(399);
    expect(beats).toEqual([]);
    await runtime.advance(1);
    expect(beats).toEqual([700]);
  });

  test("waits at least a millisecond, and at most as long as from now on", async () => {
    const { runtime, beats, state, pulse } = scene({ heard: { renewWithinMs: 400 }, held: RUNS });
    state.sentAt = -5_000;
    pulse.plan();
    await runtime.advance(0);
    expect(beats).toEqual([]);
    await runtime.advance(1);
    expect(beats).toEqual([1]);
    const ahead = scene({ heard: { renewWithinMs: 400 }, held: RUNS });
    ahead.state.sentAt = 5_000;
    ahead.pulse.plan();
    await ahead.runtime.advance(401);
    ahead.state.sentAt = 0;
    ahead.own.lanes.request.running = 0;
    await ahead.runtime.advance(500);
    expect(ahead.beats).toEqual([800]);
  });

  test("keeps the earlier of two beats that are planned", async () => {
    const { runtime, own, beats, pulse } = scene({ heard: { renewWithinMs: 200 }, held: RUNS });
    pulse.plan();
    Object.assign(own, { heard: own.heard && { ...own.heard, renewWithinMs: 400 } });
    pulse.plan();
    expect(runtime.pendingTimers()).toBe(1);
    await runtime.advance(399);
    expect(beats).toEqual([]);
    const sooner = scene({ heard: { renewWithinMs: 400 }, held: RUNS });
    sooner.pulse.plan();
    Object.assign(sooner.own, { heard: sooner.own.heard && { ...sooner.own.heard, renewWithinMs: 50 } });
    sooner.pulse.plan();
    expect(sooner.runtime.pendingTimers()).toBe(1);
    await sooner.runtime.advance(120);
    expect(sooner.beats).toEqual([50, 100]);
  });

  test("stops once nothing is left, and for good where it is stopped", async () => {
    const { runtime, own, beats, pulse } = scene({ held: RUNS });
    pulse.plan();
    Object.assign(own.lanes.request, { permits: 0, running: 0 });
    await runtime.advance(1_000);
    expect([beats, runtime.pendingTimers()]).toEqual([[], 0]);
    Object.assign(own.lanes.request, RUNS);
    pulse.plan();
    pulse.stop();
    expect(runtime.pendingTimers()).toBe(0);
    pulse.plan();
    expect(runtime.pendingTimers()).toBe(0);
  });

  test("lets the memory of a busy moment fade every fifth of a second", async () => {
    const { runtime, own, pulse } = scene({ heard: { renewWithinMs: 100 }, held: { ...RUNS, peak: 100 } });
    await runtime.advance(199);
    pulse.plan();
    await runtime.advance(1);
    expect(own.lanes.request.peak).toBe(70);
    await runtime.advance(199);
    expect(own.lanes.request.peak).toBe(70);
    await runtime.advance(1);
    expect(own.lanes.request.peak).toBeCloseTo(49);
  });
});

describe("who waits", () => {
  const WITHIN = { renewWithinMs: 3_000 };

  test("says so within a second, where it is called when its turn comes", async () => {
    expect(await everyMs({ heard: WITHIN, waiting: 1 })).toBe(1_000);
    expect(await everyMs({ heard: { renewWithinMs: 400 }, waiting: 1 })).toBe(400);
    expect(await everyMs({ heard: WITHIN, held: RUNS })).toBe(3_000);
  });

  test("asks again after a round trip where nobody is called, between 10 and 250 ms", async () => {
    const asks = (roundTripMs: number) => everyMs({ heard: WITHIN, waiting: 1, pushes: false, roundTripMs });
    expect([await asks(3), await asks(70), await asks(900)]).toEqual([10, 70, 250]);
  });

  test("asks the less often, the more there are who ask: 4 ms apart, within 750 ms", async () => {
    const asks = (n: number, waitingElsewhere: number) =>
      everyMs({ heard: { ...WITHIN, fleet: { n, rank: 0 } }, held: { waitingElsewhere }, waiting: 1, pushes: false });
    expect([await asks(100, 20), await asks(20, 100), await asks(500, 500)]).toEqual([80, 80, 750]);
  });

  test("is asked about by who holds permits of a crowded lane, where nobody is called", async () => {
    const crowded = { ...RUNS, crowded: true };
    expect(await everyMs({ heard: WITHIN, held: crowded, pushes: false, roundTripMs: 70 })).toBe(70);
    expect(await everyMs({ heard: WITHIN, held: { ...crowded, permits: 0 }, pushes: false })).toBe(3_000);
    expect(await everyMs({ heard: WITHIN, held: RUNS, pushes: false })).toBe(3_000);
    expect(await everyMs({ heard: WITHIN, held: crowded })).toBe(3_000);
  });
});

describe("on a platform that freezes instances", () => {
  const FROZEN = { freezes: true, pushes: false, roundTripMs: 40, waiting: 1 };

  test("only who waits has a timer, in its request, until its wait is over", async () => {
    const { runtime, beats, pulse } = scene({ ...FROZEN, held: RUNS });
    pulse.plan();
    expect(runtime.pendingTimers()).toBe(0);
    let isOver = false;
    pulse.waits(() => isOver);
    await runtime.advance(100);
    expect(beats).toEqual([40, 80]);
    isOver = true;
    await runtime.advance(100);
    expect([beats, runtime.pendingTimers()]).toEqual([[40, 80], 0]);
  });

  test("several that wait ask once for all of them, and stop with the client", async () => {
    const { runtime, beats, pulse } = scene(FROZEN);
    pulse.waits(() => false);
    await runtime.advance(20);
    pulse.waits(() => false);
    await runtime.advance(100);
    expect(beats).toEqual([40, 80, 120]);
    pulse.stop();
    await runtime.advance(100);
    expect([beats.length, runtime.pendingTimers()]).toEqual([3, 0]);
  });
});
