/** The database as handlers hold it: every statement goes through the gate. */
import type { Database } from "../database/port.ts";
import type { QueuedLane } from "../gate/types.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import { databaseCall } from "./database-call.ts";
import { databaseTime } from "./database-time.ts";
import type { Guard } from "./guard.ts";
import { type Query, statementOf } from "./query.ts";
import { rowStream } from "./stream.ts";
import { runGuarded, type Transaction, type TransactionOptions } from "./transaction.ts";

export interface GuardedDatabase {
  /**
   * Runs a statement and resolves to its rows. What is interpolated becomes bind values.
   *
   * @throws Refused when the gate does not let it in; DatabaseError when the database fails it. `tide.middleware()`
   * answers both.
   * @example
   * ```ts
   * const open = await c.var.db.query<Order>`select * from orders where customer = ${id}`;
   * ```
   */
  query<Row = Record<string, unknown>>(...query: Query): Promise<Row[]>;
  /** The first row, or null where there is none. Throws what {@link query} throws. */
  one<Row = Record<string, unknown>>(...query: Query): Promise<Row | null>;
  /**
   * The rows one after another, a batch of 500 in memory at a time, for results too large to hold. It begins when the
   * first row is asked for and has its permit and connection until the last is fetched or the loop is left; the lane's
   * deadline bounds the whole, the reader's own time included. The statement may only read.
   *
   * @throws What {@link query} throws, from the loop.
   * @example
   * ```ts
   * for await (const event of c.var.db.lane("slow").stream<Event>`select * from events`) write(event);
   * ```
   */
  stream<Row = Record<string, unknown>>(...query: Query): AsyncIterableIterator<Row>;
  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, when the caller leaves, and at
   * the deadline: the lane's, or `deadlineMs` where that is less, for the whole of it. Nothing is ever repeated: what
   * failed to serialize rejects with fault `statement` and vendor code `40001` or `40P01`.
   *
   * What `work` throws itself counts for nothing in the breaker, unless `classify` says otherwise.
   *
   * @throws What {@link query} throws; what `work` throws; {@link CommitUnknown} when the commit was sent and no answer
   * came; RangeError for an isolation level that is none.
   * @example
   * ```ts
   * await c.var.db.transaction(async (tx) => {
   *   const lot = await tx.one<Lot>`select * from lots where id = ${id} for update`;
   *   await tx.query`update lots set quantity = ${lot.quantity - 1} where id = ${id}`;
   * }, { isolation: "serializable" });
   * ```
   */
  transaction<Value>(work: (tx: Transaction) => Promise<Value> | Value, options?: TransactionOptions): Promise<Value>;
  /** The same database through another lane: `slow` has its own capacity, deadline and connections. */
  lane(lane: QueuedLane): GuardedDatabase;
}

export interface GuardedDatabaseOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly log: Log;
  /** Longest wait for a permit and a connection together. */
  readonly waitTimeoutMs: number;
  readonly lane?: QueuedLane;
  /** The caller's: a closed tab cancels its statement. */
  readonly signal?: AbortSignal | undefined;
}

export function guardDatabase(options: GuardedDatabaseOptions): GuardedDatabase {
  const { guard, database, runtime, log, waitTimeoutMs, lane = "request", signal } = options;
  const query = <Row>(...parts: Query): Promise<Row[]> => {
    const statement = statementOf(parts);
    const waitUntil = runtime.monotonicMs() + waitTimeoutMs;
    const time = databaseTime(runtime);
    return guard.run(
      (context) => database.query<Row>(statement, databaseCall(context, { lane, waitUntil, time, runtime })),
      { lane, signal, ranMs: time.ms, classify: time.classify, ends: true },
    );
  };
  return {
    query,
    one: async <Row>(...parts: Query) => (await query<Row>(...parts))[0] ?? null,
    stream: <Row>(...parts: Query) =>
      rowStream<Row>(statementOf(parts), { guard, database, runtime, log, lane, waitTimeoutMs, signal }),
    transaction: (work, transactionOptions = {}) =>
      runGuarded({
        ...{ guard, database, runtime, lane, signal, work },
        waitUntil: runtime.monotonicMs() + waitTimeoutMs,
        options: transactionOptions,
      }),
    lane: (other) => guardDatabase({ ...options, lane: other }),
  };
}
