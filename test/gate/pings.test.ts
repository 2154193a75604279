import { describe, expect, test } from "vitest";
import { type Instance, scene } from "../support/gate.ts";
import { breakDown, failProbe, halfOpenGate, openGate, pingsGood, probe, recover } from "../support/gate-breaker.ts";

/** Opened because calls were slow. */
function slowGate() {
  const { gate, a } = scene({ slowRate: 1_000, recoveryMs: 300_000 });
  a.calls(10, "success", { slow: true });
  expect(gate.causes).toEqual(["slow_rate"]);
  return { gate, a };
}

describe("good pings while open (Rule 9)", () => {
  test("end the open period when two in a row have succeeded, whoever made them", () => {
    const { gate, a, b } = openGate({ recoveryMs: 300_000 });
    pingsGood(gate, a, 1);
    expect(gate.breaker).toBe("open");
    pingsGood(gate, b, 1);
    expect(gate.told("changed")).toEqual([null]);
    expect(gate.core).toMatchObject({ state: "half_open", since: gate.now, openUntil: 0 });
    expect(gate.causes.at(-1)).toBe("pings_succeeded");
  });

  test("count 4.5 s after the one that counted, not before; those too early move nothing", () => {
    const { gate, a } = openGate();
    a.pings();
    for (const [ms, state] of [
      [4_000, "open"],
      [499, "open"],
      [1, "half_open"],
    ] as const) {
      gate.passes(ms);
      a.pings();
      expect(gate.breaker).toBe(state);
    }
  });

  test("begin anew after a bad one, however early that came, and with an open period", () => {
    const { gate, a } = scene();
    a.renews();
    pingsGood(gate, a, 5);
    breakDown(gate, a);
    pingsGood(gate, a, 1);
    expect(gate.breaker).toBe("open");
    gate.passes(1_000);
    a.pings(false);
    pingsGood(gate, a, 1);
    expect(gate.breaker).toBe("open");
    pingsGood(gate, a, 1);
    expect(gate.breaker).toBe("half_open");
  });

  test("end neither what an operator forced, nor what slow calls began, and do nothing where it is switched off", () => {
    const forced = openGate();
    forced.a.operates("force_open");
    const off = openGate();
    off.gate.rules = { ...off.gate.rules, mode: "off" };
    for (const { gate, a } of [forced, slowGate(), off]) {
      pingsGood(gate, a, 5);
      expect(gate.breaker).toBe("open");
    }
  });
});

describe("trust in pings (Rule 9)", () => {
  function ended() {
    const opened = openGate({ recoveryMs: 60_000 });
    pingsGood(opened.gate, opened.a, 2);
    expect(opened.gate.breaker).toBe("half_open");
    return opened;
  }

  test("is lost when a probe fails within ten seconds of an end they brought: then only time counts", () => {
    const { gate, a } = ended();
    gate.passes(9_999);
    probe(a, "failure");
    pingsGood(gate, a, 5);
    expect(gate.core).toMatchObject({ state: "open", pingsTrusted: false });
    gate.now = gate.core.openUntil + 5_000;
    pingsGood(gate, a, 5);
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0 });
  });

  test("is kept where the probe failed later than that, or time had ended the period", () => {
    const late = ended();
    late.gate.passes(10_000);
    for (const { gate, a } of [late, halfOpenGate()]) {
      probe(a, "failure");
      pingsGood(gate, a, 2);
      expect(gate.breaker).toBe("half_open");
    }
  });

  test("comes back when the breaker was closed", () => {
    const { gate, a } = ended();
    failProbe(gate, a);
    recover(gate, a);
    breakDown(gate, a);
    pingsGood(gate, a, 2);
    expect(gate.breaker).toBe("half_open");
  });
});

describe("good pings while half-open (Rule 10)", () => {
  test("stand in for probes where no call came for 5 s, so that nobody has to be sacrificed", () => {
    const { gate, a } = halfOpenGate({ successesToClose: 3 });
    probe(a, "success");
    pingsGood(gate, a, 1);
    expect(gate.core).toMatchObject({ state: "half_open", successes: 2 });
    pingsGood(gate, a, 1);
    expect(gate.breaker).toBe("closed");
    expect(gate.causes.at(-1)).toBe("probes_succeeded");
  });

  test("do not while calls come: neither where one waits or is refused, nor where one has just ended", () => {
    const comes = {
      "a call that runs": (by: Instance) => by.needs(1),
      "a call refused": (by: Instance) => {
        by.renews();
        by.refuses(1, "probing");
      },
      "a call ended": (by: Instance) => probe(by, "ignored"),
    };
    for (const [name, call] of Object.entries(comes)) {
      const { gate, a, b } = halfOpenGate({ successesToClose: 1 });
      call(a);
      gate.passes(4_999);
      b.pings();
      expect(gate.breaker, name).toBe("half_open");
      gate.passes(4_500);
      b.pings();
      expect(gate.breaker, name).toBe("closed");
    }
  });

  test("do not close a breaker that opened because calls were slow", () => {
    const { gate, a } = slowGate();
    gate.now = gate.core.openUntil;
    pingsGood(gate, a, 5);
    expect(gate.breaker).toBe("half_open");
  });
});

test("bad pings open nothing, and pings while closed have no vote (Rule 12)", () => {
  const half = halfOpenGate();
  const closed = scene({ windowCalls: 1, failureThreshold: 1 });
  for (const { a } of [half, closed]) for (let n = 0; n < 20; n++) a.pings(false);
  expect(half.gate.core).toMatchObject({ state: "half_open", failedProbes: 0 });
  pingsGood(closed.gate, closed.a, 3);
  expect(closed.gate.core).toMatchObject({ state: "closed", window: { calls: 0 }, runFailures: 0, lastSuccessAt: 0 });
});
