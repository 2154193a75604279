import { describe, expect, test } from "vitest";
import { scene } from "../support/gate.ts";

const rare = { windowCalls: 1_000_000 };

describe("a run of failures (Rule 8)", () => {
  test("opens the breaker at the threshold, whatever the rate, once it has lasted 250 ms", () => {
    const { gate, a } = scene(rare);
    a.calls(5, "failure");
    gate.passes(249);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
    gate.passes(1);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
    expect(gate.causes).toEqual(["failure_run"]);
  });

  test("does not open below the threshold, however long it lasts", () => {
    const { gate, a } = scene(rare);
    a.calls(3, "failure");
    gate.passes(10_000);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
  });

  test("loses ten for each success, and never goes below zero", () => {
    const { gate, a } = scene({ ...rare, failureThreshold: 14 });
    a.calls(12, "failure");
    gate.passes(300);
    a.calls(1, "success");
    expect(gate.core.runFailures).toBe(2);
    a.calls(1, "success");
    expect(gate.core).toMatchObject({ runFailures: 0, runSince: 0 });
    a.calls(13, "failure");
    gate.passes(300);
    expect(gate.breaker).toBe("closed");
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });

  test("takes what succeeded in a sum to have come before what failed in it", () => {
    const { gate, a } = scene({ ...rare, failureThreshold: 14 });
    a.calls(12, "failure");
    const { generation } = a.renews({ want: 1 });
    gate.passes(300);
    a.renews(
      {},
      { votes: [{ generation, probe: false, calls: 4, failures: 2, slow: 0, ignored: 0, retryAfterMs: 0 }] },
    );
    expect(gate.core).toMatchObject({ runFailures: 2, runSince: gate.now });
  });

  test("still opens when one call in a hundred gets through", () => {
    const { gate, a } = scene({ ...rare, failureThreshold: 50 });
    for (let round = 0; round < 2 && gate.breaker === "closed"; round++) {
      a.calls(1, "success");
      for (let n = 0; n < 11 && gate.breaker === "closed"; n++) {
        gate.passes(90);
        a.calls(9, "failure");
      }
    }
    expect(gate.causes).toEqual(["failure_run"]);
  });

  test("starts anew when it is older than the window, and counts while it is as old", () => {
    for (const [ageMs, state] of [
      [30_000, "open"],
      [30_001, "closed"],
    ] as const) {
      const { gate, a } = scene({ ...rare, windowSeconds: 30 });
      a.calls(4, "failure");
      gate.passes(ageMs);
      a.calls(1, "failure");
      expect(gate.breaker).toBe(state);
      if (state === "closed") expect(gate.core).toMatchObject({ runFailures: 1, runSince: gate.now });
    }
  });

  test("ends with every transition", () => {
    const { gate, a } = scene(rare);
    a.calls(4, "failure");
    a.operates("force_closed");
    expect(gate.core).toMatchObject({ runFailures: 0, runSince: 0 });
  });

  test("of a single failure, where one is the threshold, waits for a later vote", () => {
    const { gate, a } = scene({ ...rare, failureThreshold: 1 });
    a.calls(1, "failure");
    expect(gate.breaker).toBe("closed");
    gate.passes(250);
    a.calls(1, "failure");
    expect(gate.breaker).toBe("open");
  });
});
