/** Asks the ledger: one transaction in the store at a time of asking, with an end to every wait. */
import type { Runtime } from "../runtime.ts";
import type { Machine, Store } from "../store/port.ts";
import { withDeadline } from "../time.ts";
import type { Refused } from "./ledger/attempt.ts";
import { savedLedger } from "./ledger/saved.ts";
import { stepLedger } from "./ledger/step.ts";
import { emptyLedger } from "./ledger/time.ts";
import type {
  LedgerCommand,
  LedgerMessage,
  LedgerReply,
  LedgerRules,
  LedgerState,
  LedgerView,
} from "./ledger/types.ts";

const ledgerMachine: Machine<LedgerState, LedgerMessage, LedgerReply & { readonly push: readonly [] }> = {
  name: "ledger",
  empty: emptyLedger,
  saved: savedLedger,
  step: (state, message, now) => ({ ...stepLedger(state, message, now), push: [] }),
};

export interface Ledger {
  /**
   * @param withinMs Longest that it may take; default: the ledger's own.
   * @throws Error where the store does not answer in time; whether the command had an effect is then unknown.
   */
  send(command: LedgerCommand, withinMs?: number): Promise<LedgerReply>;
  /** What was last heard; null before anything was. */
  last(): LedgerView | null;
}

export interface LedgerOptions {
  readonly store: Store;
  /** Of the ledger's state in the store. */
  readonly key: string;
  readonly rules: LedgerRules;
  /** Longest that a command may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly runtime: Runtime;
  /** Hears of every view. */
  readonly heard?: (view: LedgerView) => void;
  /** Hears of attempts that are to be told together; nobody else does. */
  readonly refused?: (refused: Refused) => void;
}

export function createLedger({ store, key, rules, deadlineMs, runtime, heard: tell, refused }: LedgerOptions): Ledger {
  let last: LedgerView | null = null;

  const transact = async (command: LedgerCommand): Promise<LedgerReply> => {
    const heard = last ? { life: last.life, epoch: last.epoch } : { life: 0, epoch: 0 };
    const reply = await store.transact(ledgerMachine, key, { rules, heard, command });
    if (!last || reply.view.life !== last.life || reply.view.at >= last.at) last = reply.view;
    tell?.(reply.view);
    for (const sum of reply.refused) refused?.(sum);
    return reply;
  };

  return {
    send: (command, withinMs = deadlineMs) => {
      const late = `ask the ledger: ${store.kind} at ${store.address} must answer within ${withinMs} ms, and did not`;
      return withDeadline(transact(command), { ms: withinMs, runtime, refuse: () => new Error(late) });
    },
    last: () => last,
  };
}
