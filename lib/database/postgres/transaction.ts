/**
 * A transaction on one connection, with one deadline for the whole. The server holds it to that by itself as well: a
 * process that is frozen or cut off with a transaction open loses it, and its locks, without anybody's help.
 */
import { databaseError } from "../failure.ts";
import { DatabaseError, type Execution, isTooLate, type TransactionMode } from "../port.ts";
import { assertWanted, stopping } from "../stop.ts";
import { runTransaction } from "../transaction.ts";
import type { Bind } from "../wire/binds.ts";
import { beginText, changesSession, endsWithTransaction, isTransactionControl } from "../wire/transactions.ts";
import { faultOfAbort, within } from "../within.ts";
import { type ConnectionPlan, serverTimeoutMs, stopPlan } from "./client.ts";
import { type Line, plainRows } from "./line.ts";

/** The server's timeout is told anew, which takes a round trip, only when it has become wrong by more than this. */
const TIMEOUT_SLACK_MS = 100;

/** The connection as a task in a transaction sees it, while that is open. */
export interface HeldLine {
  /** One statement of a caller's. */
  statement(text: string, binds: Bind[]): Promise<unknown[]>;
  /** One of our own, without binds and never prepared. */
  control(text: string): Promise<unknown[]>;
}

export async function transactionOn<Value>(
  line: Line,
  plan: ConnectionPlan,
  execution: Execution,
  deadlineAt: number,
  mode: TransactionMode,
  task: (held: HeldLine) => Promise<Value>,
): Promise<Value> {
  const { runtime, graceMs } = plan;
  const leftMs = (): number => deadlineAt - runtime.monotonicMs();
  const isPooled = plan.settings.pooler === "transaction";
  let cancellable = false;
  let toldMs = 0;
  // A cancel is for a caller's statement: it must not hit the rollback that is its consequence, nor a commit.
  const cancel = (): void => {
    if (cancellable) line.cancel();
  };
  const stop = stopping(
    { cancel, destroy: line.destroy },
    { deadlineMs: Math.max(0, leftMs()), signal: execution.signal },
    stopPlan(plan),
  );
  const answer = <Reply>(reply: Promise<Reply>): Promise<Reply> =>
    stop.answer(reply).catch((error: unknown) => {
      throw line.judge(error, stop);
    });

  function bounds(): string {
    toldMs = Math.max(1, leftMs());
    const idleMs = serverTimeoutMs(toldMs + graceMs);
    return (
      `set local statement_timeout = ${serverTimeoutMs(toldMs)}; ` +
      `set local idle_in_transaction_session_timeout = ${idleMs}`
    );
  }
  /** A pooler answers the first words of a transaction when it has a server for it: that wait is for a connection. */
  function inLine<Reply>(begun: Promise<Reply>): Promise<Reply> {
    const by = Math.min(execution.connectBy, execution.startBy, deadlineAt);
    return within(begun, { by, signal: execution.signal }, runtime, (ended) => {
      // Its place in the line is given up with the connection, and so is what it may be given in this very moment.
      line.retire();
      if (ended === "aborted") return databaseError(faultOfAbort(execution.signal));
      return databaseError(by < deadlineAt ? "exhausted" : "timeout");
    });
  }
  async function inTime(): Promise<void> {
    if (leftMs() <= 0) throw databaseError("timeout");
    if (toldMs - leftMs() <= TIMEOUT_SLACK_MS) return;
    await answer(line.control(bounds()));
    assertWanted(stop);
  }

  const held: HeldLine = {
    statement: async (text, binds) => {
      await inTime();
      const rows = await answer(line.statement(text, binds));
      if (isTransactionControl(rows.command ?? "", text)) {
        await line.destroy();
        throw new TypeError(
          "transaction: it ends as its callback does, a statement began or ended one; leave that out",
        );
      }
      if (isPooled && changesSession(rows.command ?? "") && !endsWithTransaction(rows.command ?? "", text)) {
        // The pooler closes a session whose client is gone in the middle of a transaction.
        await line.destroy();
        throw new DatabaseError(
          "statement",
          "The statement would change a session that others get from the pooler: use `set local` in a transaction.",
        );
      }
      return plainRows(rows);
    },
    control: async (text) => {
      await inTime();
      return Array.from(await answer(line.control(text)));
    },
  };

  try {
    return await runTransaction(
      {
        begin: async () => {
          if (isTooLate(execution, runtime)) throw databaseError("exhausted");
          const begun = answer(line.begin(`${beginText(mode)}; ${bounds()}`));
          await (isPooled ? inLine(begun) : begun);
          if (isPooled) execution.onConnection?.();
          assertWanted(stop);
          cancellable = true;
        },
        open: line.open,
        commit: async () => {
          cancellable = false;
          return (await answer(line.control("commit"))).command === "COMMIT";
        },
        rollback: async () => {
          cancellable = false;
          // PgBouncer before 1.20 ends, and all it serves with it, when who asks for a cancel is gone before that was
          // passed on (its issue 801): as where the process, or on Workers the request, ends soon after this.
          await stop.answer(line.cancelSent()).catch(() => {});
          // The end of a connection is a rollback too, and a loose cancel can do no harm on it.
          if (line.hasLooseCancel()) line.retire();
          if (!line.usable()) return line.destroy();
          await answer(line.control("rollback")).catch(line.destroy);
        },
      },
      { givenUp: stop.givenUp(), readOnly: mode.readOnly === true },
      (enter) =>
        task({
          statement: (text, binds) => enter(() => held.statement(text, binds)),
          control: (text) => enter(() => held.control(text)),
        }),
    );
  } finally {
    if (line.hasLooseCancel()) line.retire();
    stop.ended();
  }
}
