/** What the rest of the guard sees of the gate, wherever that is. */
import type { GateView, Operate, OperateReply } from "../../gate/renewal.ts";
import type { About, BreakerState, Lane, OverrideMode, QueuedLane, RefusalReason, Tally } from "../../gate/types.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise, Store } from "../../store/port.ts";
import type { GuardRules } from "../rules.ts";
import type { Shared } from "../shared.ts";
import type { Ending } from "./holdings.ts";

/** What a call asks for. Times are on the monotonic clock. */
export interface Ask {
  readonly lane: Lane;
  readonly deadlineMs: number;
  /** Until when the call is willing to wait. */
  readonly waitUntil: number;
  readonly signal: AbortSignal | undefined;
  /** Where there is no room for it in time. */
  readonly refusedAs: "full" | "nested";
}

/** A call that may run, in its hands. */
export interface Pass {
  readonly kind: "pass";
  readonly lane: Lane;
  /** Longest it may run. */
  readonly deadlineMs: number;
  /** On the monotonic clock: by then what it does has been sent to the database, or is not sent at all. Rule 4. */
  readonly startBy: number;
  /** The same on the wall clock, which goes on where the machine sleeps. */
  readonly startByWallMs: number;
  /** For a permit. */
  readonly waitedMs: number;
  /** Tells what became of it, once it has really ended. Once; never throws. */
  readonly end: (ending: Ending) => void;
}

export type Entry = Pass | { readonly kind: "refusal"; readonly reason: RefusalReason; readonly retryAfterMs: number };

/** How a gate stands, as this instance last heard of it: asks nobody. */
export interface Standing {
  /** As this instance goes by it. */
  readonly breaker: BreakerState;
  /** An operator's override, where there is one. */
  readonly forced: OverrideMode | null;
  /** Calls: of the whole fleet `capacity`, of this instance the permits `held`, and who is `running` and `waiting`. */
  readonly lanes: Readonly<
    Record<
      QueuedLane,
      { readonly capacity: number; readonly held: number; readonly running: number; readonly waiting: number }
    >
  >;
  /** The shared gate answers. */
  readonly attached: boolean;
  /** Since it was last heard of, in milliseconds; null: it never was. */
  readonly ageMs: number | null;
}

export interface GateClient {
  /** Waits in line where there is no permit. Rejects with the reason of the caller's abort. */
  readonly enter: (ask: Ask) => MaybePromise<Entry>;
  /** Counts a call that was refused by the guard itself. */
  readonly refused: (lane: Lane, reason: RefusalReason) => void;
  /** Counts for the fleet what is no call. */
  readonly tally: (tally: Tally) => void;
  /** The shared gate; while that is away, with the breaker as this instance goes by it. */
  readonly view: () => MaybePromise<GateView>;
  /** @throws Refused where the shared gate did not confirm it; InvalidRenewal where it is no such word. */
  readonly operate: (command: Operate) => MaybePromise<OperateReply>;
  /** Whether the shared gate answers. */
  readonly attached: () => boolean;
  /** Calls of this instance that wait for a permit. */
  readonly waiting: () => number;
  readonly standing: () => Standing;
  /** No call runs or waits. */
  readonly isIdle: () => boolean;
  /** Nothing is held or left to tell beside that, and nothing is known that a new client would not know. */
  readonly isAtRest: () => boolean;
  /** Refuses who waits and who comes. */
  readonly close: () => void;
  /** Gives everything back, for as long as a store call may take, and ends. Call it when nothing runs any more. */
  readonly leave: () => Promise<void>;
}

export interface GateClientOptions {
  /** Of the gate. */
  readonly name: string;
  readonly store: Store;
  /** Under which the store keeps the gate. */
  readonly key: string;
  readonly rules: GuardRules;
  readonly about: About;
  readonly runtime: Runtime;
  readonly shared: Shared;
  readonly log: EventLog;
  /** Calls are refused because the breaker is not closed: somebody should look whether the database is back. */
  readonly refusing?: (() => void) | undefined;
}
