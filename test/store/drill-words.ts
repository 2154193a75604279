/** The words of drills: what instances do, and what most drills begin with. */
import type { GateConfig, Lane, OperateMode } from "../../lib/gate/types.ts";
import { type Action, INSTANCES, type Sending } from "../gate/model/actions.ts";

/** Begun by that instance, with a number that decides what is left open. */
export type Drill = (who: number, pick: number) => Action[];

export const wait = (ms: number): Action => ({ kind: "wait", ms });
export const demand = (who: number, calls: number, lane: Lane = "request"): Action => ({
  kind: "demand",
  who,
  lane,
  calls,
});
export const renew = (who: number, how: Partial<Sending> = {}): Action => ({
  kind: "renew",
  who,
  spare: 0,
  jitter: 500,
  roundTripMs: 1,
  refused: 0,
  ...how,
});
export const end = (
  who: number,
  calls: number,
  outcome: "success" | "failure" | "ignored",
  { slow = false, retryAfterMs = 0 } = {},
): Action => ({
  kind: "end",
  who,
  lane: "request",
  calls,
  outcome,
  slow,
  retryAfterMs,
});
/** A call that is let in, ends so and is told. */
export const vote = (who: number, outcome: "success" | "failure", how = {}): Action[] => [
  demand(who, 1),
  renew(who),
  end(who, 1, outcome, how),
  renew(who),
];
export const ping = (who: number, ok = true): Action[] => [{ kind: "ping", who, ok }, renew(who)];
export const operate = (who: number, mode: OperateMode, opId: number, ttlMs = 60_000): Action => ({
  kind: "operate",
  who,
  mode,
  ttlMs,
  expected: "none",
  opId,
});
export const change = (rules: Partial<GateConfig>): Action => ({ kind: "change", rules });
export const times = (count: number, actions: readonly Action[]): Action[] =>
  Array.from({ length: count }, () => actions).flat();
export const everybody = (who: number): Action => ({ kind: "everybody", who });
export const all = (calls: number): Action[] => Array.from({ length: INSTANCES }, (_, who) => demand(who, calls));
export const next = (who: number, by = 1) => (who + by) % INSTANCES;

/** Nobody has anything to do, and the rules are these. */
export const calm = (who: number, rules: Partial<GateConfig> = {}): Action[] => [
  { kind: "change", rules: { mode: "on", capacity: { request: 3, slow: 1, health: 1 }, ...rules } },
  operate(who, "auto", 100 + who),
  ...all(0),
  everybody(who),
  wait(21_000),
];

/** Opens a breaker by whatever the rules allow. */
export const opens = (who: number): Action[] => [...times(8, vote(who, "failure")), wait(251), ...vote(who, "failure")];
