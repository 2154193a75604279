/** How statements are written at the guarded database and in its transactions, and within what limits. */
import type { Database } from "../../database/port.ts";
import { assertTemplate, isStatement, type Statement, sql } from "../../database/sql.ts";
import type { QueuedLane } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { CallLimits } from "../ambient.ts";
import type { CallOptions, Guard } from "../guard.ts";

/** A template literal, or a statement built with `sql`. */
export type Written =
  | readonly [statement: Statement]
  | readonly [texts: TemplateStringsArray, ...values: readonly unknown[]];
/** The same, or a statement with limits of its own. */
export type Query = Written | readonly [statement: Statement, limits: CallLimits];

export interface Asked {
  readonly statement: Statement;
  readonly limits: CallLimits;
}

/** @throws TypeError for what is neither, and for values behind a statement, which has its own. */
export function askedFor(query: Query): Asked {
  const [first, ...values] = query;
  if (!isStatement(first)) {
    assertTemplate(first, "db.query");
    return { statement: sql(first, ...values), limits: {} };
  }
  const [limits = {}] = values;
  if (typeof limits !== "object" || limits === null || Array.isArray(limits)) {
    throw new TypeError(
      "db.query: limits such as { deadlineMs: 200 } are needed behind a statement, it was something else; " +
        `interpolate values where they belong, as in sql\`… where id = \${id}\``,
    );
  }
  return { statement: first, limits };
}

/** Everything that a call through the gate is asked with. */
export interface Asking {
  readonly guard: Guard;
  readonly database: Database;
  readonly runtime: Runtime;
  readonly lane: QueuedLane;
  /** On the monotonic clock: the end of its wait for a permit and a connection together. */
  readonly waitUntil: number;
  readonly run: CallOptions;
}

/** Waits for its caller, with a permit in hand. */
export type Holding = <Value>(wait: () => PromiseLike<Value> | Value) => Promise<Value>;
