/** What the rest of the guard sees of the gate, wherever that is. */
import type { Admit, Cancel, Operate, Settle } from "../../gate/commands.ts";
import type { GateEvent } from "../../gate/events.ts";
import type { AdmitReply, GateView, OperateReply } from "../../gate/replies.ts";
import type { About, QueuedLane } from "../../gate/types.ts";
import type { Log } from "../../log/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise, Store } from "../../store/port.ts";
import type { GuardRules } from "../rules.ts";

/**
 * What an ask comes to. Beside the gate's own answers: `moved`, where it is not known what became of it and another gate
 * is to be asked with a new id; `detached`, where the shared gate is away and this instance's share is nothing.
 */
export type AskReply =
  | AdmitReply
  | { readonly kind: "moved" }
  | { readonly kind: "refused"; readonly reason: "detached"; readonly retryAfterMs: number };

export interface Link {
  /** An id that no admit of this instance has had. */
  readonly newId: () => string;
  /** Asks for permits or places, of one lane or of the lanes that have lines. Never rejects. */
  readonly ask: (commands: readonly Admit[]) => MaybePromise<readonly AskReply[]>;
  /** Ends a permit or a ticket. Nobody waits for it; never throws. */
  readonly tell: (command: Settle | Cancel) => void;
  /** The shared gate; while that is away, what this instance works with instead. */
  readonly view: () => MaybePromise<GateView>;
  /** @throws StoreAway where the shared gate did not confirm it. */
  readonly operate: (command: Operate) => MaybePromise<OperateReply>;
  /** Whether the shared gate answers. */
  readonly attached: () => boolean;
  /** Calls `listener` when waiters of those lanes should ask again: the oldest of each, or all of them. */
  readonly onWake: (listener: (lanes: readonly QueuedLane[], who: "oldest" | "all") => void) => () => void;
  /** Sends what is owed to the gate, for as long as a store call may take, and ends. Call it when nothing runs any more. */
  readonly close: () => Promise<void>;
}

export interface LinkOptions {
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
}
