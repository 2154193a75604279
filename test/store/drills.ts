/** Random histories in which what is rare by chance happens often: short drills between the model's own actions. */
import fc from "fast-check";
import type { GateConfig, Lane } from "../../lib/gate/types.ts";
import { type Action, history, INSTANCES, rules, type Sending } from "../gate/model/actions.ts";

const wait = (ms: number): Action => ({ kind: "wait", ms });
const demand = (who: number, calls: number, lane: Lane = "request"): Action => ({ kind: "demand", who, lane, calls });
const renew = (who: number, how: Partial<Sending> = {}): Action => ({
  kind: "renew",
  who,
  spare: 0,
  jitter: 500,
  roundTripMs: 1,
  refused: 0,
  ...how,
});
const end = (who: number, calls: number, outcome: "success" | "failure" | "ignored", slow = false): Action => ({
  kind: "end",
  who,
  lane: "request",
  calls,
  outcome,
  slow,
});
/** A call that is let in, ends so and is told. */
const vote = (who: number, outcome: "success" | "failure", slow = false): Action[] => [
  demand(who, 1),
  renew(who),
  end(who, 1, outcome, slow),
  renew(who),
];
const ping = (who: number, ok = true): Action[] => [{ kind: "ping", who, ok }, renew(who)];
const operate = (
  who: number,
  mode: "observe" | "auto" | "force_closed" | "force_open",
  opId: number,
  ttlMs = 60_000,
): Action => ({ kind: "operate", who, mode, ttlMs, expected: "none", opId });
const times = (count: number, actions: readonly Action[]): Action[] =>
  Array.from({ length: count }, () => actions).flat();
const everybody = (who: number): Action => ({ kind: "everybody", who });
const all = (calls: number): Action[] => Array.from({ length: INSTANCES }, (_, who) => demand(who, calls));
const next = (who: number, by = 1) => (who + by) % INSTANCES;

/** Nobody has anything to do, and the rules are these. */
const calm = (who: number, rules: Partial<GateConfig> = {}): Action[] => [
  { kind: "change", rules: { enabled: true, capacity: { request: 3, slow: 1, health: 1 }, ...rules } },
  operate(who, "auto", 100 + who),
  ...all(0),
  everybody(who),
  wait(21_000),
];

/** Opens a breaker by whatever the rules allow. */
const opens = (who: number): Action[] => [...times(8, vote(who, "failure")), wait(251), ...vote(who, "failure")];

const DRILLS: readonly ((who: number, pick: number) => Action[])[] = [
  // A run of failures that is old enough.
  (who) => [...vote(who, "failure"), wait(251), ...times(3, vote(who, "failure"))],
  // What would have opened.
  (who, pick) => [operate(who, "observe", pick), renew(who), ...times(6, vote(who, "failure", true))],
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
    { kind: "change", rules: { enabled: true, capacity: { request: 3, slow: 1, health: 1 } } },
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
    { kind: "change", rules: { enabled: true, capacity: { request: 150, slow: 1, health: 1 } } },
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
    ...times(6, vote(who, "success", true)),
    wait(1_500),
    ...times(2, vote(who, "success", true)),
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

const RATE_DECIDES: Partial<GateConfig> = { enabled: true, windowCalls: 4, failureThreshold: 3, failureRate: 5_000 };
const RUNS_DECIDE: Partial<GateConfig> = { windowCalls: 50, failureThreshold: 2 };
const SLOW_DECIDE: Partial<GateConfig> = { windowCalls: 4, failureThreshold: 1_000, slowRate: 2_000 };

/** Most of them with a window that is never full, so that runs decide, or one in which only slow calls do. */
export const drilledRules: fc.Arbitrary<GateConfig> = fc
  .tuple(
    rules,
    fc.constantFrom<Partial<GateConfig>>({}, RATE_DECIDES, RATE_DECIDES, RUNS_DECIDE, RUNS_DECIDE, SLOW_DECIDE),
  )
  .map(([config, change]) => ({ ...config, ...change }));
