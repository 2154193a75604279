/** Random histories in which what is rare by chance happens often: short drills between the model's own actions. */
import fc from "fast-check";
import type { GateConfig } from "../../lib/gate/types.ts";
import { type Action, history, rules } from "../gate/model/actions.ts";

type Calling = Action & { kind: "call" };

const vote = (who: number, outcome: "success" | "failure", slow = false): Action => ({
  kind: "vote",
  who,
  lane: "request",
  outcome,
  slow,
});
const exchange = (who: number): Action => ({ kind: "exchange", who, jitter: 500, refused: 0 });
const wait = (ms: number): Action => ({ kind: "wait", ms });
const call = (who: number, waitMs = 60_000): Calling => ({
  kind: "call",
  who,
  lane: "request",
  deadlineMs: 100,
  waitMs,
});
const operate = (who: number, mode: "observe" | "auto" | "force_closed" | "force_open", opId: number): Action => ({
  kind: "operate",
  who,
  mode,
  ttlMs: 60_000,
  expected: "none",
  opId,
});
const times = (count: number, action: Action): Action[] => Array.from({ length: count }, () => action);

const DRILLS: readonly ((who: number, pick: number) => Action[])[] = [
  // A run of failures that is old enough.
  (who) => [vote(who, "failure"), wait(251), vote(who, "failure"), vote(who, "failure")],
  // What would have opened.
  (who, pick) => [operate(who, "observe", pick), exchange(who), ...times(4, vote(who, "failure", true))],
  // The same decision twice.
  (who, pick) => [operate(who, "auto", pick), exchange(who), operate(who, "auto", pick), exchange(who)],
  // A line that moves.
  (who, pick) => [
    { kind: "change", rules: { enabled: true, capacity: { request: 2, slow: 1, health: 1 } } },
    ...times(3 + (pick % 4), call(who)),
    exchange(who),
    ...[0, 1, 2, 3].flatMap((): Action[] => [
      { kind: "end", who, pick: 0, outcome: "success", slow: false },
      exchange((who + 1) % 5),
      exchange(who),
      { kind: "everybody", who },
    ]),
  ],
  // The same batch again and again, its answer lost.
  (who, pick) => [
    ...times(1 + (pick % 2), call(who, 0)),
    { kind: "send", who, jitter: 0, refused: 0 },
    { kind: "deliver", pick: 0, repeated: true },
    { kind: "deliver", pick: 0, repeated: true },
    exchange(who),
  ],
  // A decision that came too late.
  (who, pick) => [
    exchange(who),
    { ...operate((who + 1) % 5, "auto", pick), expected: "current" },
    exchange((who + 1) % 5),
    { ...operate(who, "force_closed", (pick + 1) % 13), ttlMs: 500, expected: "stale" },
    exchange(who),
    wait(500),
  ],
  // Failures, an open period, probes that succeed.
  (who) => [
    ...times(8, vote(who, "failure")),
    wait(1_500),
    ...times(3, vote(who, "success")),
    ...times(2, vote(who, "failure")),
  ],
  // A new life, in which everybody says what he knows.
  (who) => [{ kind: "forget" }, { kind: "everybody", who }, { kind: "everybody", who }],
  // An override that runs out.
  (who, pick) => [
    { ...operate(who, pick % 2 ? "force_closed" : "force_open", pick), ttlMs: 500 },
    exchange(who),
    wait(501),
  ],
  // Slow successes.
  (who) => times(8, vote(who, "success", true)),
];

/** What happens in a history depends on the breaker being closed: a line, a run, a verdict. */
const QUIET: readonly Action[] = [wait(21_000)];

const drill = fc
  .tuple(fc.nat(DRILLS.length - 1), fc.nat(4), fc.nat(12))
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
