/** What may happen next, and under which rules: the chance in the model comes from here. */
import fc from "fast-check";
import type { Opening } from "../../../lib/gate/renewal.ts";
import { SESSIONS_KEPT } from "../../../lib/gate/state.ts";
import type { BreakerMode, GateConfig, Lane, OperateMode, Outcome, OverrideMode } from "../../../lib/gate/types.ts";

/** More than there are permits, most of the time. */
export const INSTANCES = 7;

const who = fc.nat(INSTANCES - 1);
const pick = fc.nat(1_000);
const of = <Value>(...values: Value[]) => fc.constantFrom(...values);
/** By a failure; no rules leave it alone for as long as the longest. */
const asked = of(0, 0, 0, 1, 700, 7_000, 1e13);
const lane = of<Lane>("request", "request", "request", "request", "slow", "health");

/** Calls in the hands of an instance, running and waiting. */
export interface Demanding {
  readonly who: number;
  readonly lane: Lane;
  readonly calls: number;
}
/** Calls that run come to their end. */
export interface Ending {
  readonly who: number;
  readonly lane: Lane;
  readonly calls: number;
  readonly outcome: Outcome;
  readonly slow: boolean;
  readonly retryAfterMs: number;
}
export interface Sending {
  readonly who: number;
  readonly spare: number;
  readonly jitter: number;
  readonly roundTripMs: number;
  readonly refused: number;
}
/** A renewal that is not what its sender would say. */
export interface Lying {
  readonly who: number;
  readonly lane: Lane;
  readonly report: readonly number[];
  readonly nAhead: number;
  readonly agoMs: number;
  readonly leaves: boolean;
  readonly opens: "as it is" | "no life" | "this life" | "another life";
  readonly generationAhead: number;
  readonly votes: readonly {
    readonly ahead: number;
    readonly probe: boolean;
    readonly counts: readonly number[];
    readonly retryAfterMs: number;
  }[];
  readonly remainingMs: number;
}
export interface Operating {
  readonly who: number;
  readonly mode: OperateMode;
  readonly ttlMs: number;
  readonly expected: "none" | "current" | "stale";
  readonly opId: number;
}

export type Action =
  | ({ readonly kind: "demand" } & Demanding)
  | ({ readonly kind: "end" } & Ending)
  | ({ readonly kind: "renew" } & Sending)
  | ({ readonly kind: "send" } & Sending)
  | ({ readonly kind: "lie" } & Lying)
  | ({ readonly kind: "operate" } & Operating)
  | { readonly kind: "everybody" | "look" | "leave" | "die" | "open"; readonly who: number }
  | { readonly kind: "ping"; readonly who: number; readonly ok: boolean }
  | { readonly kind: "deliver"; readonly pick: number; readonly agoMs: number; readonly repeated: boolean }
  | { readonly kind: "again"; readonly pick: number }
  | { readonly kind: "lose"; readonly pick: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "forget" }
  | { readonly kind: "change"; readonly rules: Partial<GateConfig> };

const action = <Kind extends Action["kind"], Rest extends object>(
  kind: Kind,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
): fc.Arbitrary<Action> =>
  fc.record({ kind: fc.constant(kind), ...rest } as Record<string, fc.Arbitrary<unknown>>) as fc.Arbitrary<never>;

const sending = {
  who,
  spare: of(0, 0, 1, 3),
  jitter: fc.nat(999),
  roundTripMs: of(0, 1, 20, 60, 10_000),
  refused: of(0, 0, 3),
};
const lie = action<"lie", Lying>("lie", {
  who,
  lane,
  report: fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }),
  nAhead: of(-3, -1, 0, 1, 1, 1, 1, 5),
  agoMs: of(0, 0, 10_000, 10_001),
  leaves: of(false, false, false, true),
  opens: of("as it is", "as it is", "no life", "this life", "another life"),
  generationAhead: of(-1, 0, 0, 1, 7),
  votes: fc.array(
    fc.record({
      ahead: of(-1, 0, 0, 0, 1),
      probe: fc.boolean(),
      counts: fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }),
      retryAfterMs: asked,
    }),
    { maxLength: 3 },
  ),
  remainingMs: of(0, 0, 0, 700, 20_000),
});
const backoff = {
  backoffFactor: of(10_000, 13_333, 20_000, 30_000, 1_000_000),
  backoffMaxMs: of(1, 3_000, 300_000, 86_400_000),
  backoffJitter: of(0, 2_000, 2_000, 3_333, 10_000),
};
const keptMs = of(1, 999, 60_000, 86_400_000, 7_776_000_000);
const change = action<"change", { rules: Partial<GateConfig> }>("change", {
  rules: fc.record(
    {
      mode: of<BreakerMode>("on", "on", "on", "on", "observe", "off"),
      capacity: fc.record({ request: fc.nat(5), slow: fc.nat(2), health: fc.nat(1) }),
      slowRate: of(2_000, 10_000),
      recoveryMs: of(1_000, 5_000),
      ...backoff,
      keptMs,
      windowSeconds: of(1, 3, 30, 300),
      probes: fc.integer({ min: 1, max: 3 }),
      sessionsKept: of(4, SESSIONS_KEPT, SESSIONS_KEPT),
      renewalsPerSecond: of(1, 5_000, 5_000),
    },
    { requiredKeys: [] },
  ),
});

const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 50, arbitrary: action<"demand", Demanding>("demand", { who, lane, calls: of(0, 0, 1, 1, 2, 3, 5) }) },
  {
    weight: 40,
    arbitrary: action<"end", Ending>("end", {
      who,
      lane,
      calls: fc.integer({ min: 1, max: 4 }),
      outcome: of("success", "success", "success", "failure", "ignored"),
      slow: of(false, false, true),
      retryAfterMs: asked,
    }),
  },
  { weight: 80, arbitrary: action<"renew", Sending>("renew", sending) },
  { weight: 12, arbitrary: action<"everybody", { who: number }>("everybody", { who }) },
  { weight: 12, arbitrary: action<"send", Sending>("send", sending) },
  {
    weight: 14,
    arbitrary: action<"deliver", object>("deliver", { pick, agoMs: of(0, 50, 10_000, 10_001), repeated: fc.boolean() }),
  },
  { weight: 4, arbitrary: action<"again", object>("again", { pick }) },
  { weight: 3, arbitrary: action<"lose", object>("lose", { pick }) },
  { weight: 10, arbitrary: lie },
  {
    weight: 50,
    arbitrary: action<"wait", object>("wait", {
      ms: of(0, 1, 5, 10, 50, 51, 100, 150, 151, 180, 181, 250, 500, 1_000, 1_500, 2_000),
    }),
  },
  { weight: 6, arbitrary: action<"wait", object>("wait", { ms: of(1_500, 3_000, 5_000, 10_000, 60_000) }) },
  { weight: 1, arbitrary: action<"wait", object>("wait", { ms: of(301_000, 700_000) }) },
  { weight: 1, arbitrary: action<"wait", object>("wait", { ms: of(-500, -10_000, -10_001, -60_000) }) },
  {
    weight: 2,
    arbitrary: action<"operate", Operating>("operate", {
      who,
      mode: of("force_open", "force_closed", "observe", "observe", "auto", "auto", "reset"),
      ttlMs: of(0, 500, 5_000, 60_000),
      expected: of("none", "none", "current", "stale"),
      opId: fc.nat(60),
    }),
  },
  { weight: 2, arbitrary: action<"look", { who: number }>("look", { who }) },
  { weight: 2, arbitrary: action<"ping", object>("ping", { who, ok: of(true, true, false) }) },
  { weight: 2, arbitrary: action<"leave", object>("leave", { who }) },
  { weight: 2, arbitrary: action<"die", object>("die", { who }) },
  { weight: 1, arbitrary: action<"forget", object>("forget", {}) },
  { weight: 1, arbitrary: change },
);

export const history: fc.Arbitrary<Action[]> = fc.array(anAction, { minLength: 1, maxLength: 500, size: "max" });

export const rules: fc.Arbitrary<GateConfig> = fc.record({
  mode: of<BreakerMode>("on", "on", "on", "on", "on", "on", "observe", "off"),
  capacity: fc.record({ request: of(1, 2, 3, 5, 12), slow: fc.nat(2), health: fc.nat(2) }),
  deadlineMs: fc.record({ request: of(0, 100, 5_000, 55_000), slow: of(1_000, 290_000), health: of(1_000) }),
  connectTimeoutMs: of(0, 10, 3_000),
  windowSeconds: of(1, 3, 30, 300),
  windowCalls: fc.integer({ min: 1, max: 8 }),
  failureThreshold: of(2, 3, 5, 1_000),
  failureRate: of(1, 3_333, 5_000, 10_000),
  slowRate: of(2_000, 10_000, 10_000, 10_000, 10_000),
  recoveryMs: of(100, 1_000, 1_000, 5_000, 400_000),
  ...backoff,
  probes: fc.integer({ min: 1, max: 3 }),
  successesToClose: fc.integer({ min: 1, max: 3 }),
  expectedInstances: of(1, 1, 3, 8),
  keptMs,
  renewalsPerSecond: of(1, 3, 5_000, 5_000, 5_000),
  sessionsKept: of(4, SESSIONS_KEPT, SESSIONS_KEPT, SESSIONS_KEPT),
  pushes: of(true, true, false),
});

/** What an instance will say it knows when it has to open a session in a new life. */
export type Known = Pick<Opening, "override"> & { readonly openMs: number };
export const knowledge: fc.Arbitrary<Known[]> = fc.array(
  fc.record({
    openMs: of(0, 0, 700, 20_000),
    override: fc.option(
      fc.record({
        mode: of<OverrideMode>("force_open", "force_closed", "observe"),
        remainingMs: of(900, 30_000),
        actor: of("ann"),
        reason: of("drill", "\ud800 half a pair"),
      }),
      { freq: 3 },
    ),
  }),
  { minLength: INSTANCES, maxLength: INSTANCES },
);
