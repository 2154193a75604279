import { describe, expect, test } from "vitest";
import { type Begun, type Ending, ended, type Holdings } from "../../lib/guard/gate-client/holdings.ts";
import { holding } from "../support/gate-heard.ts";

const SUCCESS: Ending = { outcome: "success", slow: false, ranMs: 5 };
const end = (own: Holdings, call: Partial<Begun>, how: Partial<Ending> = {}) =>
  ended(own, { lane: "request", probe: false, generation: 3, number: 1, ...call }, { ...SUCCESS, ...how });

describe("a call that has ended", () => {
  test("runs no more, and is summed up with the whole milliseconds that it ran", () => {
    const own = holding({}, { request: { running: 3 } });
    end(own, {}, { ranMs: 5.9 });
    end(own, {}, { ranMs: -5 });
    end(own, {}, { outcome: "ignored", ranMs: 0.9 });
    expect(own.lanes.request).toMatchObject({
      running: 0,
      sums: { ended: { success: 2, failure: 0, ignored: 1 }, ranMs: 5 },
    });
  });

  test("leaves the probes where it is one, or the calls, once its generation has outlived its breaker", () => {
    const own = holding({}, { request: { running: 5, probing: 5 } });
    own.outlived = 3;
    end(own, { probe: true, generation: 4 });
    expect(own.lanes.request).toMatchObject({ running: 5, probing: 4 });
    end(own, { probe: true, generation: 3 });
    end(own, { probe: false, generation: 4 });
    expect(own.lanes.request).toMatchObject({ running: 3, probing: 4 });
  });

  test("in the health lane is a ping that is told at once, and has no vote", () => {
    const own = holding({}, { health: { running: 3 } });
    expect(end(own, { lane: "health" })).toBe(true);
    expect(end(own, { lane: "health" }, { outcome: "failure" })).toBe(true);
    expect(end(own, { lane: "health" }, { outcome: "ignored" })).toBe(true);
    expect([own.pings, own.votes]).toEqual([[{ ok: true }, { ok: false }], []]);
  });

  test("has a vote, unless it ran on by a lease that is over", () => {
    const own = holding();
    own.voidUpTo = 4;
    expect(end(own, { number: 4 }, { outcome: "failure" })).toBe(false);
    expect(own.votes).toEqual([]);
    expect(end(own, { number: 5 }, { outcome: "failure" })).toBe(true);
    expect(own.votes).toHaveLength(1);
  });

  test("is told at once where it failed or was a probe", () => {
    const own = holding();
    expect(end(own, {})).toBe(false);
    expect(end(own, {}, { outcome: "ignored" })).toBe(false);
    expect(end(own, {}, { outcome: "failure" })).toBe(true);
    expect(end(own, { probe: true })).toBe(true);
  });
});

describe("the votes of an instance", () => {
  test("are sums of each generation, of probes apart from other calls", () => {
    const own = holding();
    end(own, {});
    end(own, {});
    end(own, { generation: 4 });
    end(own, { probe: true });
    end(own, { probe: true }, { outcome: "ignored" });
    const vote = { generation: 3, probe: false, calls: 2, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 };
    expect(own.votes).toEqual([
      vote,
      { ...vote, generation: 4, calls: 1 },
      { ...vote, probe: true, calls: 1, ignored: 1 },
    ]);
  });

  test("count what was slow of the request lane, unless it failed", () => {
    const own = holding();
    end(own, {}, { slow: true });
    end(own, {}, { slow: true, outcome: "failure" });
    end(own, { lane: "slow" }, { slow: true });
    end(own, {}, { slow: true, outcome: "ignored" });
    expect(own.votes).toMatchObject([{ calls: 3, failures: 1, slow: 1, ignored: 1 }]);
  });
});
