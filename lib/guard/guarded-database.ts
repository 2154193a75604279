/** The database as handlers hold it: every statement goes through the gate. */
import type { Database } from "../database/port.ts";
import { isStatement, type Statement, sql } from "../database/sql.ts";
import type { QueuedLane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { Guard } from "./guard.ts";

/** A template literal, or a statement built with `sql`. */
export type Query =
  | readonly [statement: Statement]
  | readonly [texts: TemplateStringsArray, ...values: readonly unknown[]];

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
  /** The same database through another lane: `slow` has its own capacity, deadline and connections. */
  lane(lane: QueuedLane): GuardedDatabase;
}

export interface GuardedDatabaseOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly runtime: Runtime;
  /** Longest wait for a permit and a connection together. */
  readonly waitTimeoutMs: number;
  readonly lane?: QueuedLane;
  /** The caller's: a closed tab cancels its statement. */
  readonly signal?: AbortSignal | undefined;
}

export function guardDatabase(options: GuardedDatabaseOptions): GuardedDatabase {
  const { guard, database, runtime, waitTimeoutMs, lane = "request", signal } = options;
  const query = <Row>(...parts: Query): Promise<Row[]> => {
    const statement = statementOf(parts);
    const connectBy = runtime.monotonicMs() + waitTimeoutMs;
    return guard.run((context) => database.query<Row>(statement, { ...context, lane, connectBy }), { lane, signal });
  };
  return {
    query,
    one: async <Row>(...parts: Query) => (await query<Row>(...parts))[0] ?? null,
    lane: (other) => guardDatabase({ ...options, lane: other }),
  };
}

function statementOf([first, ...values]: Query): Statement {
  return isStatement(first) ? first : sql(first, ...values);
}
