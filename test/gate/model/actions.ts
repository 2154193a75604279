/** What may happen next, and under which rules: the chance in the model comes from here. */
import fc from "fast-check";
import type { Adopt } from "../../../lib/gate/commands.ts";
import { SESSIONS_KEPT } from "../../../lib/gate/state.ts";
import type { GateConfig, Outcome } from "../../../lib/gate/types.ts";

const who = fc.nat(4);
const pick = fc.nat(1_000);
const lane = fc.constantFrom("request", "request", "request", "slow", "health");
const of = <Value>(...values: Value[]) => fc.constantFrom(...values);
const outcome = of<Outcome | null>("success", "success", "success", "failure", "failure", "failure", "ignored", null);
const waits = [0, 1, 10, 100, 100, 250, 251, 500, 999, 1_000, 1_000, 1_001, 2_000, 5_000, 10_000];
const action = <Kind extends string, Rest extends object>(
  kind: Kind,
  rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
) =>
  fc.record({ kind: fc.constant(kind), ...rest } as {
    [K in keyof (Rest & { kind: Kind })]: fc.Arbitrary<(Rest & { kind: Kind })[K]>;
  });

export interface Calling {
  who: number;
  lane: "request" | "slow" | "health";
  deadlineMs: number;
  waitMs: number;
}
export interface Ending {
  who: number;
  pick: number;
  outcome: Outcome | null;
  slow: boolean;
}
export interface Voting {
  who: number;
  lane: "request" | "slow" | "health";
  outcome: Outcome;
  slow: boolean;
}
export interface Sending {
  who: number;
  jitter: number;
  refused: number;
}
export interface Operating {
  who: number;
  mode: "force_open" | "force_closed" | "observe" | "auto";
  ttlMs: number;
  expected: "none" | "current" | "stale";
  opId: number;
}

const call = action<"call", Calling>("call", {
  who,
  lane,
  deadlineMs: of(0, 100, 5_000, 55_000, 3_000_000),
  waitMs: of(0, 500, 5_000, 60_000, 60_000),
});
const end = action<"end", Ending>("end", { who, pick, outcome, slow: fc.boolean() });
/** A whole call, in order and without loss. */
const vote = action<"vote", Voting>("vote", { who, lane, outcome: of("success", "failure"), slow: fc.boolean() });
const sending = { who, jitter: fc.nat(999), refused: of(0, 0, 0, 3) };
/** To the gate and back at once. */
const exchange = action<"exchange", Sending>("exchange", sending);
/** One after the other, as they do who wait and ask again. */
const everybody = action<"everybody", { who: number }>("everybody", { who });
const send = action<"send", Sending>("send", sending);
const deliver = action<"deliver", { pick: number; repeated: boolean }>("deliver", { pick, repeated: fc.boolean() });
const lose = action<"lose", { pick: number }>("lose", { pick });
const answer = action<"answer", { pick: number }>("answer", { pick });
const wait = action<"wait", { ms: number }>("wait", { ms: of(...waits) });
const longWait = action<"wait", { ms: number }>("wait", { ms: of(30_000, 60_000, 300_000, 700_000) });
const fallBack = action<"wait", { ms: number }>("wait", { ms: of(-500, -10_000, -10_001, -60_000) });
const operate = action<"operate", Operating>("operate", {
  who,
  mode: of("force_open", "force_closed", "observe", "observe", "observe", "auto"),
  ttlMs: of(0, 500, 5_000, 60_000, 60_000),
  expected: of("none", "none", "current", "stale"),
  opId: fc.nat(12),
});
const look = action<"look", { who: number }>("look", { who });
/** Brings along what may not be its own to bring. */
const claim = action<"claim", { who: number; number: number }>("claim", { who, number: fc.nat(30) });
const forget = action<"forget", object>("forget", {});
const die = action<"die", { who: number }>("die", { who });
const change = action<"change", { rules: Partial<GateConfig> }>("change", {
  rules: fc.record(
    {
      enabled: of(true, true, true, false),
      capacity: fc.record({ request: fc.nat(4), slow: fc.nat(2), health: fc.nat(1) }),
      windowSeconds: of(1, 3, 30, 300),
      probes: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: [] },
  ),
});

const anAction = fc.oneof(
  { weight: 40, arbitrary: call },
  { weight: 40, arbitrary: end },
  { weight: 60, arbitrary: exchange },
  { weight: 60, arbitrary: vote },
  { weight: 12, arbitrary: everybody },
  { weight: 16, arbitrary: send },
  { weight: 16, arbitrary: deliver },
  { weight: 4, arbitrary: lose },
  { weight: 12, arbitrary: answer },
  { weight: 40, arbitrary: wait },
  { weight: 2, arbitrary: longWait },
  { weight: 2, arbitrary: operate },
  { weight: 3, arbitrary: look },
  { weight: 1, arbitrary: claim },
  { weight: 1, arbitrary: fallBack },
  { weight: 1, arbitrary: forget },
  { weight: 1, arbitrary: die },
  { weight: 1, arbitrary: change },
);
export type Action = typeof anAction extends fc.Arbitrary<infer Value> ? Value : never;

export const history = fc.array(anAction, { minLength: 1, maxLength: 600, size: "max" });

export const rules: fc.Arbitrary<GateConfig> = fc.record({
  enabled: of(true, true, true, true, false),
  capacity: fc.record({ request: of(1, 1, 2, 3, 5), slow: fc.nat(2), health: fc.nat(2) }),
  maxWaiting: of(0, 1, 3, 100),
  windowSeconds: of(1, 3, 30, 300),
  windowCalls: fc.integer({ min: 1, max: 8 }),
  failureThreshold: of(1, 2, 3, 5, 1_000),
  failureRate: of(1, 3_333, 5_000, 10_000),
  slowRate: of(0, 2_000, 10_000, 10_000, 10_000, 10_000),
  recoveryMs: of(100, 100, 1_000, 1_000, 5_000, 400_000),
  probes: fc.integer({ min: 1, max: 3 }),
  successesToClose: fc.integer({ min: 1, max: 3 }),
  connectTimeoutMs: of(0, 10, 3_000),
  fullRetryAfterMs: of(5_000),
  wakes: fc.boolean(),
  adoptingMs: of(0, 2_000),
  sessionsKept: of(SESSIONS_KEPT),
});

/** What an instance will say it knows when it has to open a session in a new life. */
export const knowledge: fc.Arbitrary<Pick<Adopt, "openMs" | "override">[]> = fc.array(
  fc.record({
    openMs: of(null, null, 700, 20_000),
    override: fc.option(
      fc.record({
        mode: of("force_open", "force_closed", "observe"),
        remainingMs: of(900, 30_000),
        actor: of("ann"),
        reason: of("drill"),
      }),
      { freq: 3 },
    ),
  }),
  { minLength: 5, maxLength: 5 },
);
