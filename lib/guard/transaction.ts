/** A transaction behind the gate: one permit and one connection, from `begin` until it has ended. */
import {
  CommitUnknown,
  type Database,
  DatabaseError,
  type HeldConnection,
  ISOLATION_LEVELS,
  type TransactionMode,
} from "../database/port.ts";
import type { QueuedLane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import { databaseCall } from "./database-call.ts";
import { databaseTime } from "./database-time.ts";
import type { Guard, RunOptions } from "./guard.ts";
import { type Query, statementOf } from "./query.ts";
import { Refused } from "./refusal.ts";

export interface TransactionOptions extends TransactionMode, Pick<RunOptions, "deadlineMs" | "classify"> {}

/** The database inside a transaction. Statements run one after another and have to be awaited. */
export interface Transaction {
  /** As {@link GuardedDatabase.query}, in the transaction. */
  query<Row = Record<string, unknown>>(...query: Query): Promise<Row[]>;
  /** The first row, or null where there is none. */
  one<Row = Record<string, unknown>>(...query: Query): Promise<Row | null>;
  /** Refused: transactions do not nest. Pass `tx` on; `savepoint` and `rollback to` go through {@link query}. */
  transaction(...given: unknown[]): Promise<never>;
}

export interface GuardedTransaction<Value> {
  readonly guard: Guard;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly lane: QueuedLane;
  /** On the monotonic clock: the end of its wait for a permit and a connection together. */
  readonly waitUntil: number;
  readonly signal: AbortSignal | undefined;
  readonly options: TransactionOptions;
  readonly work: (tx: Transaction) => Promise<Value> | Value;
}

export async function runGuarded<Value>(given: GuardedTransaction<Value>): Promise<Value> {
  const { guard, database, runtime, lane, waitUntil, signal, options, work } = given;
  const { deadlineMs, classify, isolation, readOnly } = options;
  checkIsolation(isolation);
  const time = databaseTime(runtime);
  let committing = false;

  const task = async (held: HeldConnection): Promise<Value> => {
    time.pause();
    try {
      const value = await work(transactionOver(held, time));
      committing = readOnly !== true;
      return value;
    } finally {
      time.resume();
    }
  };
  try {
    return await guard.run(
      async (context) => {
        try {
          const execution = databaseCall(context, { lane, waitUntil, time, runtime });
          return await database.transaction(execution, { isolation, readOnly }, task);
        } finally {
          committing = false;
        }
      },
      {
        lane,
        signal,
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ranMs: time.ms,
        ends: true,
        classify: (error) => classify?.(error) ?? (isOfDatabase(error) ? time.classify(error) : "ignored"),
      },
    );
  } catch (error) {
    // Answered before its end, at the deadline or for a caller who left, while the commit was on its way.
    if (committing)
      throw new CommitUnknown(error instanceof DatabaseError ? error.fault : "cancelled", { cause: error });
    throw error;
  }
}

/** Whatever else comes out of a transaction, the callback has thrown: an application's errors are no news of its database. */
function isOfDatabase(error: unknown): boolean {
  return error instanceof DatabaseError || error instanceof Refused;
}

function transactionOver(held: HeldConnection, time: ReturnType<typeof databaseTime>): Transaction {
  let underWay = 0;
  const query = async <Row>(...parts: Query): Promise<Row[]> => {
    const statement = statementOf(parts);
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
    one: async <Row>(...parts: Query) => (await query<Row>(...parts))[0] ?? null,
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
