/** What the rest of the guard sees of the gate, wherever that is. */
import type { GateEvent } from "../../gate/events.ts";
import type { GateView, Operate, OperateReply } from "../../gate/renewal.ts";
import type { About, Lane, Outcome } from "../../gate/types.ts";
import type { Log } from "../../log/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise, Store } from "../../store/port.ts";
import type { Refusal } from "../refusal.ts";
import type { GuardRules } from "../rules.ts";

/** What a call asks for. Times are on the monotonic clock. */
export interface Ask {
  readonly lane: Lane;
  readonly deadlineMs: number;
  /** Until when the call is willing to wait. */
  readonly waitUntil: number;
  readonly signal: AbortSignal | undefined;
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
  /** Tells what became of it, once it has really ended. Once; never throws. */
  readonly end: (outcome: Outcome, slow: boolean, ranMs: number) => void;
}

export type Entry = Pass | { readonly kind: "refusal"; readonly refusal: Refusal };

export interface GateClient {
  /** Waits in line where there is no permit. Rejects with the reason of the caller's abort. */
  readonly enter: (ask: Ask) => MaybePromise<Entry>;
  /** Counts a call that was refused by the guard itself. */
  readonly refused: (lane: Lane, reason: Refusal["reason"]) => void;
  /** The shared gate; while that is away, with the breaker as this instance goes by it. */
  readonly view: () => MaybePromise<GateView>;
  /** @throws Refused where the shared gate did not confirm it; InvalidRenewal where it is no such word. */
  readonly operate: (command: Operate) => MaybePromise<OperateReply>;
  /** Whether the shared gate answers. */
  readonly attached: () => boolean;
  /** Calls of this instance that wait for a permit. */
  readonly waiting: () => number;
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
  /** Told after the store has committed. */
  readonly announce: (events: readonly GateEvent[]) => void;
  readonly log: Log;
  /** Calls are refused because the breaker is not closed: somebody should look whether the database is back. */
  readonly refusing?: (() => void) | undefined;
}
