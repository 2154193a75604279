import { describe, expect, test } from "vitest";
import type { ManualRuntime } from "../../lib/testing/manual-runtime.ts";
import { pulseScene as scene, type Terms } from "../support/pulse-scene.ts";

describe("while calls are refused by the breaker", () => {
  const looking = (terms: Terms = {}) => {
    const looks: number[] = [];
    const clock: { runtime?: ManualRuntime } = {};
    const found = scene({ ...terms, refusing: () => void looks.push(clock.runtime?.monotonicMs() ?? -1) });
    clock.runtime = found.runtime;
    return { ...found, looks };
  };

  test("the database is looked after at once, and then every second until all is calm", async () => {
    const { runtime, looks, pulse } = looking();
    pulse.refuses();
    pulse.refuses();
    expect([pulse.isWatching(), looks]).toEqual([true, []]);
    await runtime.advance(2_500);
    expect(looks).toEqual([0, 1_000, 2_000]);
    pulse.calm();
    expect([pulse.isWatching(), runtime.pendingTimers()]).toEqual([false, 0]);
    pulse.calm();
    pulse.refuses();
    await runtime.advance(0);
    expect(looks).toHaveLength(4);
  });

  test("where nobody looks after it, what was refused is told once, a second later", async () => {
    const { runtime, own, pulse } = scene({});
    own.pings.push({ ok: true });
    pulse.refuses();
    await runtime.advance(999);
    expect(pulse.isWatching()).toBe(true);
    await runtime.advance(1);
    expect([pulse.isWatching(), runtime.pendingTimers()]).toEqual([false, 1]);
  });

  test("each refusal looks by itself where the platform freezes instances", async () => {
    const { runtime, looks, pulse } = looking({ freezes: true });
    pulse.refuses();
    pulse.refuses();
    expect([looks.length, pulse.isWatching(), runtime.pendingTimers()]).toEqual([2, false, 0]);
  });

  test("nobody looks once the client has stopped", async () => {
    const { runtime, looks, pulse } = looking();
    pulse.refuses();
    pulse.stop();
    pulse.refuses();
    await runtime.advance(5_000);
    expect([looks, runtime.pendingTimers()]).toEqual([[], 0]);
    const calm = looking();
    calm.pulse.stop();
    calm.pulse.refuses();
    expect([calm.pulse.isWatching(), calm.runtime.pendingTimers()]).toEqual([false, 0]);
  });
});
