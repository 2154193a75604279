/**
 * A transaction in the embedded database. It has the one place to itself until it ends. At its deadline it is rolled
 * back when no statement runs; one that runs cannot be stopped, and takes the thread with it.
 */
import type { Runtime } from "../../runtime.ts";
import { type Expiry, withDeadline } from "../../time.ts";
import { databaseError, faultOfAbort } from "../failure.ts";
import type { HeldConnection, TransactionMode } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import { runTransaction } from "../transaction.ts";
import { placeholder } from "../wire/binds.ts";
import { beginText, isTransactionControl } from "../wire/transactions.ts";
import type { Reply } from "./engine.ts";

/** A rollback has this long at the least, in milliseconds; then the thread is ended. */
const ROLLBACK_MS = 2_000;

export interface PgliteTransaction {
  readonly mode: TransactionMode;
  /** Of its time. */
  readonly left: Expiry;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
}

export interface EngineInUse {
  /** `inTransaction`: what the statement changes in the session stays, until the one that ends the transaction. */
  run(text: string, values: readonly unknown[], deadlineMs: number, inTransaction: boolean): Promise<Reply>;
  alive(): boolean;
}

export async function transactionIn<Value>(
  { run, alive }: EngineInUse,
  { mode, left, signal, runtime }: PgliteTransaction,
  task: (held: HeldConnection) => Promise<Value>,
): Promise<Value> {
  const leftMs = (): number => left.leftMs();
  const done = Promise.withResolvers<never>();
  const givenUp = withDeadline(done.promise, {
    ms: leftMs(),
    signal,
    runtime,
    refuse: (end) => databaseError(end === "late" ? "timeout" : faultOfAbort(signal)),
  });
  givenUp.catch(() => {});
  let broken = false;

  async function query(text: string, values: readonly unknown[]): Promise<unknown[]> {
    if (leftMs() <= 0) throw databaseError("timeout");
    const { rows, command } = await run(text, values, leftMs(), true);
    if (isTransactionControl(command, text)) {
      broken = true;
      throw new TypeError("transaction: it ends as its callback does, a statement began or ended one; leave that out");
    }
    return rows;
  }

  try {
    return await runTransaction(
      {
        begin: () => run(beginText(mode), [], Math.max(1, leftMs()), true),
        assertOpen: () => {
          if (broken || !alive()) throw databaseError("connection");
        },
        commit: async () => {
          return (await run("commit", [], Math.max(1, leftMs()), false)).command === "COMMIT";
        },
        rollback: async () => {
          await run("rollback", [], Math.max(ROLLBACK_MS, leftMs()), false).catch(() => {});
        },
      },
      { givenUp, readOnly: mode.readOnly === true },
      (enter) =>
        task({
          query: async <Row>(statement: Statement) =>
            (await enter(() => query(textOf(statement), statement.values))) as Row[],
        }),
    );
  } finally {
    done.reject(new Error("over"));
  }
}

export function textOf(statement: Statement): string {
  return render(statement, placeholder);
}
