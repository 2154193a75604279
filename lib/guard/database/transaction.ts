/** A transaction behind the gate: one permit and one connection, from `begin` until it has ended. */
import {
  CommitUnknown,
  DatabaseError,
  type HeldConnection,
  ISOLATION_LEVELS,
  type TransactionMode,
} from "../../database/port.ts";
import type { CallLimits } from "../ambient.ts";
import type { RunOptions } from "../guard.ts";
import { currentFrame, type Frame, noteJudged, runIn } from "../nesting.ts";
import { isOwnError } from "../outcome.ts";
import { databaseCall } from "./database-call.ts";
import { DatabaseTime } from "./database-time.ts";
import { type Asking, askedFor, type Holding, type Written } from "./query.ts";

/** How a transaction runs, and within what. */
export interface TransactionOptions extends TransactionMode, CallLimits, Pick<RunOptions, "classify"> {}

/** The database inside a transaction. Statements run one after another and have to be awaited. */
export interface Transaction {
  /**
   * As {@link GuardedDatabase.query}, in the transaction.
   *
   * @throws DatabaseError when the database fails it; Error when the transaction is over.
   */
  query<Row = Record<string, unknown>>(...query: Written): Promise<Row[]>;
  /**
   * The first row, or null where there is none.
   *
   * @throws What {@link query} throws.
   */
  one<Row = Record<string, unknown>>(...query: Written): Promise<Row | null>;
  /** Always rejects, with a TypeError: transactions do not nest. Pass `tx` on; `savepoint` and `rollback to` go through {@link query}. */
  transaction(...given: unknown[]): Promise<never>;
}

export interface GuardedTransaction<Value> {
  readonly asking: Asking;
  readonly options: TransactionOptions;
  readonly work: (tx: Transaction) => Promise<Value> | Value;
  readonly working: Holding;
}

export async function runGuarded<Value>(given: GuardedTransaction<Value>): Promise<Value> {
  const { asking, options, work, working } = given;
  const { guard, database, runtime, lane, waitUntil, run } = asking;
  const { classify, isolation, readOnly } = options;
  checkIsolation(isolation);
  const time = new DatabaseTime(runtime);
  let committing = false;

  let frame: Frame | undefined;
  // Drivers may call it from elsewhere than where they were called.
  const task = async (held: HeldConnection): Promise<Value> => {
    time.pause();
    try {
      const value = await working(() => runIn(frame, work, transactionOver(held, time)));
      committing = readOnly !== true;
      return value;
    } finally {
      time.resume();
    }
  };
  try {
    return await guard.run(
      async (context) => {
        frame = currentFrame();
        try {
          const execution = databaseCall(context, { lane, waitUntil, time, runtime });
          return await database.transaction(execution, { isolation, readOnly }, task);
        } finally {
          committing = false;
        }
      },
      {
        ...run,
        ranMs: time.ms,
        ends: true,
        // Whatever else comes out, the callback has thrown: an application's errors are no news of its database.
        classify: (error) => classify?.(error) ?? (isOwnError(error) ? time.classify(error) : "ignored"),
      },
    );
  } catch (error) {
    // Answered before its end, at the deadline or for a caller who left, while the commit was on its way.
    if (committing) {
      const unknown = new CommitUnknown(error instanceof DatabaseError ? error.fault : "cancelled", { cause: error });
      unknown.gate = guard.name;
      noteJudged(currentFrame(), unknown);
      throw unknown;
    }
    throw error;
  }
}

function transactionOver(held: HeldConnection, time: DatabaseTime): Transaction {
  let underWay = 0;
  const query = async <Row>(...parts: Written): Promise<Row[]> => {
    const { statement } = askedFor(parts);
    underWay += 1;
    time.resume();
    try {
      return await held.query<Row>(statement);
    } finally {
      underWay -= 1;
      if (underWay === 0) time.pause();
    }
  };
  return {
    query,
    one: async <Row>(...parts: Written) => (await query<Row>(...parts))[0] ?? null,
    transaction: () =>
      Promise.reject(
        new TypeError("transaction: transactions do not nest; pass tx on, or use `savepoint` by tx.query"),
      ),
  };
}

/** It becomes SQL text, so what the types say is made sure of. */
function checkIsolation(isolation: unknown): void {
  if (isolation === undefined || (ISOLATION_LEVELS as readonly unknown[]).includes(isolation)) return;
  throw new RangeError(
    `transaction: isolation must be one of ${ISOLATION_LEVELS.join(", ")}, was ${String(isolation)}; ` +
      "leave it out for the database's own",
  );
}
