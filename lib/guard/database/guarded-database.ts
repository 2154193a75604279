/**
 * The database as handlers hold it: every statement goes through the gate.
 *
 * Map of this folder: `guarded-database` (this file) is what users hold, by a `query`, with `transaction` and `stream` (by
 * a `handoff`), whose permits are held for longer than the database is at work (`database-time`); `database-call` is what
 * a driver is asked. `handles` are those of requests, each with its `reader`, and of the rest, or `no-database`.
 * `slow-statements` are told to the log, `database-comparison` notices instances that have another database.
 */
import type { Database } from "../../database/port.ts";
import type { QueuedLane } from "../../gate/types.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import { type CallLimits, narrowed } from "../ambient.ts";
import type { Guard } from "../guard.ts";
import { seesNesting } from "../nesting.ts";
import { databaseCall } from "./database-call.ts";
import { DatabaseTime } from "./database-time.ts";
import { type Asking, askedFor, type Holding, type Query } from "./query.ts";
import type { Reader } from "./reader.ts";
import { rowStream } from "./stream.ts";
import { runGuarded, type Transaction, type TransactionOptions } from "./transaction.ts";

/** A database whose every statement goes through the gate. Its rows are as the driver makes them. */
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
  /**
   * The first row, or null where there is none.
   *
   * @throws What {@link query} throws.
   */
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
   *   if (!lot) throw new ProblemError("NOT_FOUND", "There is no such lot.");
   *   await tx.query`update lots set quantity = ${lot.quantity - 1} where id = ${id}`;
   * }, { isolation: "serializable" });
   * ```
   */
  transaction<Value>(work: (tx: Transaction) => Promise<Value> | Value, options?: TransactionOptions): Promise<Value>;
  /** The same database through another lane: `slow` has its own capacity, deadline and connections. */
  lane(lane: QueuedLane): GuardedDatabase;
  /**
   * The same database with limits of its own for each of its statements and transactions.
   *
   * @example
   * ```ts
   * // Shown if it is to be had at once, and left out otherwise.
   * const hint = await c.var.db.with({ waitMs: 0, deadlineMs: 200 }).one`select text from hints limit 1`;
   * ```
   */
  with(limits: DatabaseLimits): GuardedDatabase;
}

/** Limits of a database handle, for each of its statements and transactions. */
export interface DatabaseLimits extends CallLimits {
  /** Default: the handle's own. */
  readonly lane?: QueuedLane | undefined;
}

export interface GuardedDatabaseOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly log: EventLog;
  readonly lane?: QueuedLane | undefined;
  /** The caller's among them: a closed tab cancels its statement. */
  readonly limits?: CallLimits | undefined;
  /** Who reads what is streamed. */
  readonly reader?: Reader | undefined;
  /** How the handles of one request wait for it, by lane. Left out where many share a handle. */
  readonly holding?: HoldingCounts | undefined;
}

/** Transactions and streams that hold a permit while their caller may ask for another one. */
export type HoldingCounts = Record<QueuedLane, number>;

export function guardDatabase(options: GuardedDatabaseOptions): GuardedDatabase {
  const { guard, database, runtime, log, lane = "request", limits = {}, holding, reader } = options;
  /** What one call is asked with: its own limits within the handle's. */
  const asking = (own: CallLimits): Asking => {
    const { waitMs = guard.waitMsOf(lane), ...rest } = narrowed(limits, own);
    return {
      guard,
      database,
      runtime,
      lane,
      waitUntil: runtime.monotonicMs() + waitMs,
      run: { ...rest, lane, waitMs, nested: (holding?.[lane] ?? 0) > 0 },
    };
  };
  const query = <Row>(...parts: Query): Promise<Row[]> => {
    const { statement, limits: own } = askedFor(parts);
    const { run, waitUntil } = asking(own);
    const time = new DatabaseTime(runtime);
    return guard.run(
      (context) => database.query<Row>(statement, databaseCall(context, { lane, waitUntil, time, runtime })),
      { ...run, ranMs: time.ms, classify: time.classify, ends: true },
    );
  };
  const reading = counting(holding, lane);
  // What is asked for inside it is seen for what it is, and what is asked for beside it may wait.
  const working = seesNesting() ? uncounted : reading;
  return {
    query,
    one: async <Row>(...parts: Query) => (await query<Row>(...parts))[0] ?? null,
    stream: <Row>(...parts: Query) => {
      const { statement, limits: own } = askedFor(parts);
      return rowStream<Row>(statement, { asking: () => asking(own), log, reading, unread: reader?.unread });
    },
    transaction: (work, transactionOptions = {}) =>
      runGuarded({ asking: asking(transactionOptions), options: transactionOptions, work, working }),
    lane: (other) => guardDatabase({ ...options, lane: other }),
    with: ({ lane: other = lane, ...own }) => guardDatabase({ ...options, lane: other, limits: narrowed(limits, own) }),
  };
}

/** Counts how often the caller of a handle is waited for. */
function counting(holding: HoldingCounts | undefined, lane: QueuedLane): Holding {
  return async (wait) => {
    if (!holding) return wait();
    holding[lane] += 1;
    try {
      return await wait();
    } finally {
      holding[lane] -= 1;
    }
  };
}

const uncounted: Holding = async (wait) => wait();
