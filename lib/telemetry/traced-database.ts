/** A database whose statements are told to a trace, and tell the server of it. */
import type { Database, HeldConnection } from "../database/port.ts";
import type { Statement } from "../database/sql.ts";
import type { Lane } from "../gate/types.ts";
import type { Span, Tracing } from "./port.ts";
import { commentOf, withComment } from "./sql-comment.ts";
import { databaseAttributes, endWith, statementSpans } from "./statement.ts";
import { textOfStatement } from "./statement-text.ts";

export interface TracedOptions {
  readonly tracing: Tracing | null;
  /** Each statement has a comment with its trace, its route and its lane. */
  readonly comments: boolean;
}

/**
 * A span for each statement, those of transactions one by one, from the moment it has its permit; a stream's is open for
 * as long as it is read. A ping is no statement.
 */
export function tracedDatabase(database: Database, options: TracedOptions): Database {
  const { tracing, comments } = options;
  const begin = statementSpans(databaseAttributes(database));

  const said = (statement: Statement, lane: Lane, span: Span | undefined): Statement =>
    comments ? withComment(statement, commentOf(lane, span && tracing?.headers(span).traceparent)) : statement;

  const asked = <Value>(lane: Lane, statement: Statement, ask: (said: Statement) => Promise<Value>): Promise<Value> => {
    if (!tracing?.isOn()) return ask(said(statement, lane, undefined));
    const span = begin(tracing, lane, textOfStatement(statement));
    const running = ask(said(statement, lane, span));
    endWith(span, running);
    return running;
  };
  const { forRequest } = database;
  return {
    ...database,
    ...(forRequest && { forRequest: () => tracedDatabase(forRequest(), options) }),
    query: (statement, execution) => asked(execution.lane, statement, (own) => database.query(own, execution)),
    stream: (statement, execution, batchRows, take) =>
      asked(execution.lane, statement, (own) => database.stream(own, execution, batchRows, take)),
    transaction: (execution, mode, task) =>
      database.transaction(execution, mode, (held) => {
        const tracedHeld: HeldConnection = {
          query: (statement) => asked(execution.lane, statement, (own) => held.query(own)),
        };
        return task(tracedHeld);
      }),
  };
}
