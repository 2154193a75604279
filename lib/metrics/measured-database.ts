/** A database whose statements are timed, wherever they are asked for. */
import type { Database, HeldConnection } from "../database/port.ts";
import type { Lane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { Attributes, Instruments, Timing } from "../telemetry/port.ts";
import type { STATEMENT_OUTCOMES } from "./catalogue-process.ts";

/** How a statement ended: whatever the database or its driver threw is a failure. */
export type StatementOutcome = (typeof STATEMENT_OUTCOMES)[number];

/** Told how long a statement took, in milliseconds. */
export type RecordStatement = (ms: number, lane: Lane, outcome: StatementOutcome) => void;

/**
 * Times statements, those of transactions one by one, from the moment they have their permit to their end, whatever that
 * is. A stream's time is mostly its reader's, and a ping is no statement: both are left out.
 */
export function measured(database: Database, record: RecordStatement, runtime: Runtime): Database {
  /** Beside the way of the answer, not on it. */
  const timed = <Value>(lane: Lane, run: () => Promise<Value>): Promise<Value> => {
    const startedAt = runtime.monotonicMs();
    const running = run();
    running.then(
      () => record(runtime.monotonicMs() - startedAt, lane, "success"),
      () => record(runtime.monotonicMs() - startedAt, lane, "failure"),
    );
    return running;
  };
  const { forRequest } = database;
  return {
    ...database,
    ...(forRequest && { forRequest: () => measured(forRequest(), record, runtime) }),
    query: (statement, execution) => timed(execution.lane, () => database.query(statement, execution)),
    transaction: (execution, mode, task) =>
      database.transaction(execution, mode, (held) => {
        const timedHeld: HeldConnection = {
          query: (statement) => timed(execution.lane, () => held.query(statement)),
        };
        return task(timedHeld);
      }),
  };
}

/**
 * Into the histogram of statements.
 *
 * @param database What the conventions of others want to be told of it.
 */
export function statementTimings(meters: Instruments, database: Attributes): RecordStatement {
  const timings = new Map<StatementOutcome, Map<Lane, Timing>>();
  return (ms, lane, outcome) => {
    const byLane = timings.get(outcome) ?? new Map<Lane, Timing>();
    const timing =
      byLane.get(lane) ?? meters.timing("tidegate_statement_duration_seconds", { lane, outcome }, database);
    if (!byLane.has(lane)) timings.set(outcome, byLane.set(lane, timing));
    timing(ms / 1_000);
  };
}
