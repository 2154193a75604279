/** Random histories in which what is rare by chance happens often: short drills between the model's own actions. */
import fc from "fast-check";
import type { GateConfig } from "../../lib/gate/types.ts";
import { type Action, history, INSTANCES, rules } from "../gate/model/actions.ts";
import { BREAKER_DRILLS } from "./breaker-drills.ts";
import {
  all,
  calm,
  type Drill,
  demand,
  end,
  everybody,
  next,
  opens,
  operate,
  ping,
  renew,
  times,
  vote,
  wait,
} from "./drill-words.ts";

const DRILLS: readonly Drill[] = [
  ...BREAKER_DRILLS,
  // A run of failures that is old enough.
  (who) => [...vote(who, "failure"), wait(251), ...times(3, vote(who, "failure"))],
  // What would have opened.
  (who, pick) => [operate(who, "observe", pick), renew(who), ...times(6, vote(who, "failure", { slow: true }))],
  // The same decision twice, one that came too late, one of a renewal that is repeated.
  (who, pick) => [
    operate(who, "auto", pick),
    renew(who),
    operate(who, "auto", pick),
    renew(who),
    { kind: "operate", who: next(who), mode: "force_closed", ttlMs: 500, expected: "stale", opId: pick + 1 },
    renew(next(who)),
    { kind: "again", pick },
    wait(500),
  ],
  // Everybody is hungry, over and over, and permits go round.
  (who, pick) => [
    { kind: "change", rules: { mode: "on", capacity: { request: 3, slow: 1, health: 1 } } },
    ...all(1 + (pick % 2)),
    everybody(who),
    ...times(3, [wait(51), end(who, 1, "success"), everybody(next(who)), wait(200), everybody(who)]),
  ],
  // One has it all, others come, and it gives.
  (who, pick) => [
    ...all(0),
    everybody(who),
    demand(who, 5),
    renew(who, { spare: 3 }),
    demand(next(who), 2),
    renew(next(who)),
    demand(next(who, 2), 1 + (pick % 3)),
    renew(next(who, 2)),
    renew(who),
    wait(50 + (pick % 2)),
    renew(next(who)),
    renew(who),
    end(who, 2, "success"),
    renew(who),
    // Called, and not heard of.
    wait(150 + (pick % 2)),
    renew(who),
    renew(next(who, 3)),
  ],
  // Scores beyond what Lua writes by itself.
  (who, pick) => [
    { kind: "change", rules: { mode: "on", capacity: { request: 150, slow: 1, health: 1 } } },
    ...all(0),
    everybody(who),
    ...[0, 1, 2].map((by) => demand(next(who, by), 90)),
    ...times(3, [everybody(who), wait(51), end(who, 1 + (pick % 3), "success"), renew(next(who))]),
  ],
  // Hungry beside room that others have a claim to.
  (who) => [
    ...all(0),
    everybody(who),
    demand(who, 12),
    renew(who),
    ...[1, 2, 3].flatMap((by) => [demand(next(who, by), 2), renew(next(who, by))]),
    end(who, 12, "success"),
    renew(who),
    demand(next(who, 4), 2),
    renew(next(who, 4)),
    everybody(who),
  ],
  // Failures, an open period, probes that succeed or do not, and the ramp after.
  (who) => [
    ...opens(who),
    wait(1_500),
    ...times(4, vote(next(who), "success")),
    ...[1, 2, 3].map((by) => demand(next(who, by), 5)),
    everybody(who),
    wait(250),
    everybody(who),
    ...vote(who, "failure"),
  ],
  // A probe that is never heard of again, and one that ends without an answer.
  (who) => [
    ...opens(who),
    wait(1_500),
    demand(who, 1),
    renew(who),
    demand(next(who), 1),
    renew(next(who)),
    end(who, 1, "ignored"),
    renew(who),
    renew(next(who)),
    wait(70_000),
    renew(next(who, 2)),
  ],
  // Good pings end an open period, and a probe says otherwise; or they close it alone.
  (who, pick) => [
    ...calm(who, { recoveryMs: 20_000, failureThreshold: 2, successesToClose: 2 }),
    ...opens(who),
    ...ping(who),
    wait(4_500),
    ...ping(next(who)),
    ...(pick % 2 ? vote(who, "failure") : [...all(0), ...times(3, [wait(5_000), ...ping(who)])]),
    ...ping(who, false),
  ],
  // A new life, in which everybody says what he knows and holds.
  (who, pick) => [
    ...all(2),
    everybody(who),
    pick % 2 ? { kind: "forget" } : wait(-10_001 - 60_000),
    everybody(who),
    everybody(who),
    { kind: "open", who },
    renew(who),
  ],
  // An override that runs out.
  (who, pick) => [operate(who, pick % 2 ? "force_closed" : "force_open", pick, 500), renew(who), wait(501)],
  // Slow successes.
  (who) => [
    ...calm(who, { slowRate: 2_000, recoveryMs: 1_000, windowCalls: 4 }),
    ...times(6, vote(who, "success", { slow: true })),
    wait(1_500),
    ...times(2, vote(who, "success", { slow: true })),
  ],
  // Silence: leases end, and those that hold nothing are forgotten.
  (who, pick) => [
    ...all(pick % 3),
    everybody(who),
    wait(10_000),
    renew(who),
    wait(59_000),
    everybody(who),
    wait(61_000),
    renew(next(who)),
  ],
  // More instances than are remembered.
  (who, pick) => [
    { kind: "change", rules: { sessionsKept: 4 } },
    ...all(0),
    everybody(who),
    { kind: "die", who: next(who, pick) },
    everybody(who),
    ...all(1),
    everybody(who),
  ],
  // The ping of the fleet.
  (who) => [
    demand(who, 1, "health"),
    renew(who),
    demand(next(who), 1, "health"),
    renew(next(who)),
    demand(who, 0, "health"),
  ],
];

/** What happens in a history depends on the breaker being closed: a lease, a run, a verdict. */
const QUIET: readonly Action[] = [wait(21_000)];

const drill = fc
  .tuple(fc.nat(DRILLS.length - 1), fc.nat(INSTANCES - 1), fc.nat(60))
  .map(([n, who, pick]) => [...(pick % 3 === 0 ? QUIET : []), ...(DRILLS[n]?.(who, pick) ?? [])]);

/** The model's histories with a drill after every so many actions. */
export const drilledHistory: fc.Arbitrary<Action[]> = fc
  .tuple(history, fc.array(drill, { minLength: 8, maxLength: 40 }), fc.integer({ min: 4, max: 16 }))
  .map(([actions, drills, every]) =>
    actions.flatMap((action, n) => (n % every === 0 ? [action, ...(drills[n / every] ?? [])] : [action])),
  );

const RATE_DECIDES: Partial<GateConfig> = { mode: "on", windowCalls: 4, failureThreshold: 3, failureRate: 5_000 };
const RUNS_DECIDE: Partial<GateConfig> = { windowCalls: 50, failureThreshold: 2 };
const SLOW_DECIDE: Partial<GateConfig> = { windowCalls: 4, failureThreshold: 1_000, slowRate: 2_000 };

/** Most of them with a window that is never full, so that runs decide, or one in which only slow calls do. */
export const drilledRules: fc.Arbitrary<GateConfig> = fc
  .tuple(
    rules,
    fc.constantFrom<Partial<GateConfig>>({}, RATE_DECIDES, RATE_DECIDES, RUNS_DECIDE, RUNS_DECIDE, SLOW_DECIDE),
  )
  .map(([config, change]) => ({ ...config, ...change }));
