/**
 * A transaction on one connection, with one deadline for the whole. The server holds it to that by itself as well: a
 * process that is frozen or cut off with a transaction open loses it, and its locks, without anybody's help.
 */
import { withDeadline } from "../../time.ts";
import { type TransactionCall, wholeMs } from "../connection.ts";
import { databaseError, faultOfAbort } from "../failure.ts";
import { type Hold, holdTransaction } from "../held-transaction.ts";
import type { Holder } from "../pooled.ts";
import { DatabaseError } from "../port.ts";
import { assertWanted } from "../stop.ts";
import type { Bind } from "../wire/binds.ts";
import { isOutdated, outdated } from "../wire/outdated.ts";
import {
  beginText,
  changesSession,
  endsWithTransaction,
  isTransactionControl,
  leavesBehind,
} from "../wire/transactions.ts";
import { type PostgresChannel, plainRows, type Rows } from "./channel.ts";
import type { PostgresPlan } from "./client.ts";

/** The server's timeout is told anew, which takes a round trip, only when it has become wrong by more than this. */
const TIMEOUT_SLACK_MS = 100;

/** The connection as a task in a transaction sees it, while that is open. */
export interface HeldChannel extends Holder<Bind> {
  /** One of our own, without binds and never prepared. */
  control(text: string): Promise<unknown[]>;
}

export function transactionOn<Value>(
  channel: PostgresChannel,
  plan: PostgresPlan,
  call: TransactionCall,
  task: (held: HeldChannel) => Promise<Value>,
): Promise<Value> {
  const isPooled = plan.settings.pooler === "transaction";
  const { timeoutMs } = channel;
  return holdTransaction(channel, plan, call, (hold) => {
    const timeouts = timeoutsIn(channel, plan, hold);
    const opening = (): string => `${beginText(call.mode)}; ${timeouts.text()}${channel.toldText}`;
    const run = withRestart(channel, plan, hold, opening);
    const statement: HeldChannel["statement"] = async (text, binds) => {
      if (isPooled && leavesBehind(text)) throw sessionRefused();
      await timeouts.keep();
      const rows = await run(text, binds);
      await refuseControl(channel, rows, text, isPooled);
      return plainRows(rows);
    };
    const control: HeldChannel["control"] = async (text) => {
      await timeouts.keep();
      return Array.from(await hold.answer(channel.control(text)));
    };
    return {
      begin: async () => {
        const begun = hold.answer(channel.begin(opening()));
        await (isPooled ? inPoolersQueue(begun, channel, plan, call) : channel.proof.by(begun));
        if (isPooled) call.execution.onConnection?.();
        assertWanted(hold.stop);
        hold.cancellable = true;
      },
      commit: async () => (await hold.answer(channel.control("commit"))).command === "COMMIT",
      rollback: () => hold.answer(channel.control("rollback")),
      work: (enter) =>
        task({
          statement: (text, binds) => enter(() => statement(text, binds)),
          control: (text) => enter(() => control(text)),
        }),
    };
  }).finally(() => {
    // What was set for the transaction has ended with it.
    channel.timeoutMs = timeoutMs;
  });
}

/**
 * A statement that was prepared before its tables were changed fails once in a transaction, and with it the transaction
 * (elsewhere the driver prepares it anew, and nobody hears of it). Where it is the first, nothing was done yet: the
 * transaction is begun again.
 */
function withRestart(channel: PostgresChannel, plan: PostgresPlan, hold: Hold, opening: () => string) {
  let isFirst = true;

  async function restart(): Promise<void> {
    // A cancel is for the caller's statement.
    hold.cancellable = false;
    await hold.answer(channel.control("rollback"));
    await hold.answer(channel.begin(opening()));
    assertWanted(hold.stop);
    hold.cancellable = true;
  }

  return async (text: string, binds: Bind[]): Promise<Rows> => {
    const mayRestart = isFirst;
    isFirst = false;
    const wasPrepared = channel.knows(text);
    try {
      return await hold.answer(channel.statement(text, binds));
    } catch (error) {
      if (!wasPrepared || !isOutdated(error)) throw error;
      // So may everything be that is prepared here, and on the other connections.
      channel.retire();
      plan.outdate();
      if (!mayRestart) throw outdated(error);
      await restart();
      return hold.answer(channel.statement(text, binds));
    }
  };
}

/** The server's own bounds of the transaction: of each statement, and of the time between two. */
function timeoutsIn(channel: PostgresChannel, { graceMs }: PostgresPlan, { leftMs, answer, stop }: Hold) {
  let toldMs = 0;
  function text(): string {
    toldMs = Math.max(1, leftMs());
    channel.timeoutMs = wholeMs(toldMs);
    return (
      `set local statement_timeout = ${wholeMs(toldMs)}; ` +
      `set local idle_in_transaction_session_timeout = ${wholeMs(toldMs + graceMs)}`
    );
  }
  return {
    text,
    /** @throws DatabaseError when the time is over. */
    keep: async (): Promise<void> => {
      if (leftMs() <= 0) throw databaseError("timeout");
      if (toldMs - leftMs() <= TIMEOUT_SLACK_MS) return;
      await answer(channel.control(text()));
      assertWanted(stop);
    },
  };
}

/** A pooler answers the first words of a transaction when it has a server for it: that wait is for a connection. */
function inPoolersQueue<Reply>(
  begun: Promise<Reply>,
  channel: PostgresChannel,
  { runtime }: PostgresPlan,
  { execution: { connectBy, startBy, signal }, left }: TransactionCall,
): Promise<Reply> {
  const waitMs = Math.min(connectBy, startBy) - runtime.monotonicMs();
  const leftMs = left.leftMs();
  return withDeadline(begun, {
    ms: Math.min(waitMs, leftMs),
    signal,
    runtime,
    refuse: (end) => {
      // Its place in the line is given up with the connection, and so is what it may be given in this very moment.
      channel.retire();
      if (end === "aborted") return databaseError(faultOfAbort(signal));
      return databaseError(waitMs < leftMs ? "exhausted" : "timeout");
    },
  });
}

/** Ends the connection on which a statement has begun or ended a transaction, or changed what others get to use. */
async function refuseControl(
  channel: PostgresChannel,
  { command }: Rows,
  text: string,
  isPooled: boolean,
): Promise<void> {
  if (isTransactionControl(command ?? "", text)) {
    await channel.destroy();
    throw new TypeError("transaction: it ends as its callback does, a statement began or ended one; leave that out");
  }
  if (isPooled && changesSession(command ?? "") && !endsWithTransaction(command ?? "", text)) {
    // The pooler closes a session whose client is gone in the middle of a transaction.
    await channel.destroy();
    throw sessionRefused();
  }
}

function sessionRefused(): DatabaseError {
  return new DatabaseError(
    "statement",
    "The statement would change a session that others get from the pooler: use what ends with a transaction, in one " +
      "(`set local`, `set_config(…, true)`, `pg_advisory_xact_lock`, `create temp table … on commit drop`).",
  );
}
