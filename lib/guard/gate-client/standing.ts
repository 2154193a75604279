/** How a gate stands, as far as an instance knows without asking. */
import type { Lane, QueuedLane } from "../../gate/types.ts";
import type { GuardRules } from "../rules.ts";
import { type Holdings, hasLease, runningIn, stateOf } from "./holdings.ts";
import { elapsedMs, type Moment } from "./moment.ts";
import type { Standing } from "./port.ts";

export interface StandingOptions {
  readonly rules: GuardRules;
  readonly attached: boolean;
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly now: Moment;
}

export function standingOf(own: Holdings, { rules, attached, waiting, now }: StandingOptions): Standing {
  const lane = (name: QueuedLane) => ({
    capacity: rules.gate.capacity[name],
    held: hasLease(own, now) ? own.lanes[name].permits : 0,
    running: runningIn(own, name),
    waiting: waiting[name],
  });
  return {
    breaker: stateOf(own),
    forced: own.heard?.override?.mode ?? null,
    lanes: { request: lane("request"), slow: lane("slow") },
    attached,
    ageMs: own.heard && Math.round(elapsedMs(own.heard.at, now)),
  };
}

/** Of a gate at rest: nothing is held, and its breaker was closed when it was last heard of. */
export function restingStanding(rules: GuardRules, known: Pick<Standing, "ageMs" | "forced">): Standing {
  const lane = (name: QueuedLane) => ({ capacity: rules.gate.capacity[name], held: 0, running: 0, waiting: 0 });
  return {
    breaker: "closed",
    lanes: { request: lane("request"), slow: lane("slow") },
    attached: true,
    ...known,
  };
}
