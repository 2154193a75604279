/** When an instance renews without being asked: its only timers beside those of calls that wait. Rules 7 and 9. */
import { QUEUED_LANES } from "../../gate/types.ts";
import type { Timer } from "../../runtime.ts";
import type { Exchange } from "./exchange.ts";
import { fade, type Holdings, hasNews, holdsIdle, runs } from "./holdings.ts";
import type { Line } from "./line.ts";
import type { GateClientOptions } from "./port.ts";

/** Where nothing is pushed, who waits asks again after a round trip, but not more often, and not less. */
const [SHORTEST_POLL_MS, LONGEST_POLL_MS] = [10, 250];
/** The more there are who ask, the less often each of them does: somebody comes for a free permit all the same. */
const [POLL_APART_MS, LONGEST_SPREAD_MS] = [4, 750];
const FADE_MS = 200;
/** Who waits says so within a second, in however large a fleet: hunger that is not heard is none. */
const HUNGRY_MS = 1_000;
/** While the breaker is not closed, somebody looks so often whether it is time for a ping. */
const LOOK_MS = 1_000;

export interface PulseOptions extends Pick<GateClientOptions, "store" | "runtime" | "refusing"> {
  readonly own: Holdings;
  readonly line: Pick<Line, "size">;
  readonly exchange: Pick<Exchange, "attached" | "roundTripMs" | "sentAt">;
  readonly beat: () => void;
}

export interface Pulse {
  /** Sees to the next beat, where one is needed. */
  readonly plan: () => void;
  /** There is something more to tell, which can wait for the next beat. */
  readonly tells: () => void;
  /** Somebody begins to wait. */
  readonly waits: (isOver: () => boolean) => void;
  /** Calls fail or are refused by the breaker: looks after the database until that is closed. */
  readonly refuses: () => void;
  readonly calm: () => void;
  readonly isWatching: () => boolean;
  readonly stop: () => void;
}

/** Other instances whose calls wait, at most. */
const waitingInstances = ({ heard, lanes }: Holdings): number =>
  Math.min(heard?.fleet.n ?? 0, Math.max(...QUEUED_LANES.map((lane) => lanes[lane].waitingElsewhere)));
const isCrowded = ({ lanes }: Holdings): boolean =>
  QUEUED_LANES.some((lane) => lanes[lane].crowded && lanes[lane].permits > 0);

export function createPulse({ own, line, exchange, store, runtime, refusing, beat }: PulseOptions): Pulse {
  const { traits } = store;
  const { attached, roundTripMs, sentAt } = exchange;
  let next: Timer = null;
  let watching: Timer = null;
  let nextAt = 0;
  let fadedAt = 0;
  let stopped = false;

  const everyMs = () => {
    const within = own.heard?.renewWithinMs || LONGEST_POLL_MS;
    const waits = line.size() > 0;
    if (traits.gate.pushes || !(waits || isCrowded(own))) return waits ? Math.min(within, HUNGRY_MS) : within;
    const poll = Math.max(SHORTEST_POLL_MS, Math.min(LONGEST_POLL_MS, roundTripMs()));
    return Math.max(poll, Math.min(LONGEST_SPREAD_MS, waitingInstances(own) * POLL_APART_MS));
  };
  /** There is something to keep, or somebody to tell something. */
  const isNeeded = () => runs(own) || holdsIdle(own) || (attached() && hasNews(own)) || line.size() > 0;
  function plan(): void {
    // What is frozen between requests has timers of its requests alone, and keeps nothing that would need one.
    if (stopped || traits.freezes || !isNeeded()) return;
    const at = sentAt() + everyMs();
    if (next !== null && at >= nextAt) return;
    runtime.clearTimer(next);
    nextAt = at;
    next = runtime.setTimer(tick, Math.max(1, Math.min(at - runtime.monotonicMs(), everyMs())));
  }
  function tick(): void {
    next = null;
    if (stopped || !isNeeded()) return;
    const now = runtime.monotonicMs();
    if (now >= fadedAt + FADE_MS) {
      fade(own);
      fadedAt = now;
    }
    if (now >= sentAt() + everyMs() - 1) beat();
    plan();
  }
  /** In the request of who waits, for as long as it does. */
  function poll(isOver: () => boolean): void {
    if (stopped || isOver()) return;
    if (runtime.monotonicMs() >= sentAt() + everyMs() - 1) beat();
    runtime.setTimer(() => poll(isOver), everyMs());
  }
  function look(): void {
    watching = refusing && !traits.freezes ? runtime.setTimer(look, LOOK_MS) : null;
    refusing?.();
    // The counts of what was refused have no other occasion.
    plan();
  }

  return {
    plan,
    tells: () => {
      if (next === null) plan();
    },
    waits: (isOver) => (traits.freezes ? void runtime.setTimer(() => poll(isOver), everyMs()) : plan()),
    refuses: () => {
      if (stopped) return;
      if (traits.freezes) refusing?.();
      else watching ??= runtime.setTimer(look, refusing ? 0 : LOOK_MS);
    },
    calm: () => {
      if (watching !== null) runtime.clearTimer(watching);
      watching = null;
    },
    isWatching: () => watching !== null,
    stop: () => {
      stopped = true;
      runtime.clearTimer(next);
      runtime.clearTimer(watching);
    },
  };
}
