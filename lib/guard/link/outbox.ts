/** What has to go with the next batch, and when that leaves. Rule 12 of the design. */
import type { Admit, Cancel, Operate, Settle, View } from "../../gate/commands.ts";
import type { Reply } from "../../gate/replies.ts";
import type { Runtime, Timer } from "../../runtime.ts";

/**
 * A settle waits so long for an admit to ride on: at 500 calls/s by chance that makes one round trip a call.
 * Nobody waits for its place meanwhile, else it would leave at once.
 */
const RIDE_MS = 10;
/** A batch has its bound, and so has the time a store spends on one. */
const MOST_COMMANDS = 1_000;

/** What became of a command without a reply: certainly nothing, or nobody knows. */
export type Unanswered = "undone" | "unknown";

/** Somebody waits for its reply. `sentAt` is on the monotonic clock. */
export interface Asked {
  readonly command: Admit | View | Operate;
  readonly answer: (reply: Reply | Unanswered, sentAt: number) => void;
}

/** To be repeated until a batch that brought it is acknowledged. */
export interface Owed {
  readonly command: Settle | Cancel;
  readonly n: number;
  /** On the monotonic clock: from then on there is nothing left that it could end. */
  readonly until: number;
  /** Its admit may still be under way: it is owed until a `doneBelow` above it is acknowledged. */
  readonly givenUp: boolean;
  underWay: boolean;
}

export interface Outbox {
  readonly ask: (asked: Asked) => void;
  /** @param atOnce Else it may wait for an ask to ride on. */
  readonly owe: (owed: Omit<Owed, "underWay">, atOnce: boolean) => void;
  /** Something else wants a batch to leave soon. */
  readonly leaveSoon: () => void;
  readonly take: () => { readonly asked: Asked[]; readonly owed: readonly Owed[] };
  /** Takes asks back that were never sent. */
  readonly recall: () => readonly Asked[];
  readonly returned: (owed: readonly Owed[]) => void;
  readonly acknowledged: (owed: readonly Owed[], doneBelow: number) => void;
  readonly owes: () => boolean;
  /** Something is owed that is not under way. */
  readonly owesMore: () => boolean;
  readonly stop: () => void;
}

/** @param sharesIo Without it every ask and every settle goes by itself, at once, in the request that it belongs to. */
export function createOutbox(runtime: Runtime, sharesIo: boolean, flush: () => void): Outbox {
  const asks: Asked[] = [];
  const debts = new Map<string, Owed>();
  let leavesThisTurn = false;
  let riding: Timer | null = null;

  const stay = () => {
    if (riding !== null) runtime.clearTimer(riding);
    riding = null;
  };
  const leave = () => {
    if (!sharesIo) return flush();
    if (leavesThisTurn) return;
    leavesThisTurn = true;
    runtime.endOfTurn(() => {
      leavesThisTurn = false;
      flush();
    });
  };
  const leaveSoon = () => {
    if (!sharesIo) return flush();
    if (leavesThisTurn || riding !== null) return;
    riding = runtime.setTimer(() => {
      riding = null;
      flush();
    }, RIDE_MS);
  };

  return {
    ask: (asked) => {
      asks.push(asked);
      leave();
    },
    owe: (owed, atOnce) => {
      debts.set(owed.command.id, { ...owed, underWay: false });
      if (atOnce) leave();
      else leaveSoon();
    },
    leaveSoon,
    take: () => {
      stay();
      const owed: Owed[] = [];
      for (const [id, debt] of debts) {
        if (debt.until <= runtime.monotonicMs()) debts.delete(id);
        else if (!debt.underWay && owed.length < MOST_COMMANDS) owed.push(debt);
      }
      for (const debt of owed) debt.underWay = true;
      const asked = asks.splice(0, Math.max(1, MOST_COMMANDS - owed.length));
      if (asks.length > 0) leave();
      return { asked, owed };
    },
    recall: () => asks.splice(0),
    returned: (owed) => {
      for (const debt of owed) debt.underWay = false;
    },
    acknowledged: (owed, doneBelow) => {
      for (const debt of owed) {
        debt.underWay = false;
        const paid = !debt.givenUp || doneBelow > debt.n;
        // A newer debt for the same id is another one.
        if (paid && debts.get(debt.command.id) === debt) debts.delete(debt.command.id);
      }
    },
    owes: () => debts.size > 0,
    owesMore: () => [...debts.values()].some(({ underWay, givenUp }) => !underWay && !givenUp),
    stop: stay,
  };
}
