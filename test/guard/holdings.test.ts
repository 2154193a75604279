import { describe, expect, test } from "vitest";
import { ended, noHoldings, started } from "../../lib/guard/gate-client/holdings.ts";
import { composed, hear, type Terms } from "../../lib/guard/gate-client/telling.ts";
import { ABOUT, RULES } from "../support/gate.ts";

const NOW = { monotonicMs: 0, wallMs: 0 };
const NOBODY = { request: 0, slow: 0, health: 0 };
const DEMAND = { waiting: NOBODY, waitedMs: NOBODY, owed: NOBODY, leaves: false, open: null };
const TERMS: Terms = {
  ...{ session: "a", jitter: 0, roundTripMs: 1, config: RULES, commands: [], about: ABOUT, keepsNothing: false },
};
const FAILED = { outcome: "failure", slow: false, ranMs: 5 } as const;

const call = { lane: "request", probe: false, generation: 7 } as const;

test("failures of one sum tell the longest time for which their database asked, whatever comes after (Rule 9)", () => {
  const own = noHoldings();
  const ends = (ending: object) =>
    ended(own, { ...call, number: started(own, "request", "permit", 0, NOW) }, { ...FAILED, ...ending });
  ends({ retryAfterMs: 700 });
  ends({ retryAfterMs: 7_000 });
  ends({ retryAfterMs: 70 });
  ends({});
  ends({ outcome: "success", retryAfterMs: 90_000 });
  expect(own.votes).toMatchObject([{ calls: 5, failures: 4, retryAfterMs: 7_000 }]);
});

describe("an instance that its gate has forgotten (Rule 12)", () => {
  test("gives no vote to what ran on, nor to what had ended before it heard of that", () => {
    const own = noHoldings();
    const [first, second] = [0, 1].map(() => started(own, "request", "permit", 0, NOW)) as [number, number];
    const renewal = composed(own, DEMAND, TERMS, NOW);
    expect(ended(own, { ...call, number: first }, FAILED)).toBe(true);
    expect(own.votes).toHaveLength(1);
    expect(hear(own, { known: false, n: renewal.n, life: 9 }, renewal, NOW, NOW, NOBODY)).toBe(false);
    expect(ended(own, { ...call, number: second }, FAILED)).toBe(false);
    expect(own.votes).toEqual([]);
    expect(own.lanes.request).toMatchObject({ running: 0, sums: { ended: { failure: 2 } } });
  });

  test("votes again by the calls that it begins from then on", () => {
    const own = noHoldings();
    hear(own, { known: false, n: 1, life: 9 }, composed(own, DEMAND, TERMS, NOW), NOW, NOW, NOBODY);
    ended(own, { ...call, number: started(own, "request", "permit", 0, NOW) }, FAILED);
    expect(own.votes).toMatchObject([{ generation: 7, failures: 1 }]);
  });
});
