/**
 * A large result behind the gate, row by row: one permit and one connection until the last row was fetched, the reader
 * left, its caller went away, or the deadline came, whichever is first and whatever the reader does.
 */
import { DatabaseError } from "../../database/port.ts";
import type { Statement } from "../../database/sql.ts";
import type { EventLog } from "../../log/events.ts";
import type { CallContext } from "../execute.ts";
import { databaseCall } from "./database-call.ts";
import { DatabaseTime } from "./database-time.ts";
import { type Handoff, handoff } from "./handoff.ts";
import type { Asking, Holding } from "./query.ts";

/** Few enough to be small in memory, many enough for the round trips not to matter. */
export const BATCH_ROWS = 500;

export interface RowStreamOptions {
  /** Made when the first row is asked for: its wait begins then. */
  readonly asking: () => Asking;
  /** Hears of a stream that broke off after its first rows: its answer is under way by then and can say so no more. */
  readonly log: EventLog;
  readonly reading: Holding;
  /** Aborted where its reader will not come any more. */
  readonly unread?: AbortSignal | undefined;
}

/** Asks for nothing before the first row is asked for. */
export function rowStream<Row>(statement: Statement, options: RowStreamOptions): AsyncIterableIterator<Row> {
  const batches = handoff<Row>();
  const left = new AbortController();
  const { unread } = options;
  const rows = read(batches, async () => {
    if (unread?.aborted) end();
    else unread?.addEventListener("abort", end, { once: true });
    await produce(statement, options, batches, left.signal).finally(() => unread?.removeEventListener("abort", end));
  });

  /** Whoever may still read is told that it is not the whole. */
  const end = (): void => {
    if (!batches.end({ thrown: unread?.reason })) left.abort(unread?.reason);
  };
  const leave = (): void => {
    // At work for somebody who has left: told to stop. Waiting for its reader: it ends by itself, in order.
    if (!batches.leave()) left.abort(new DOMException("The reader of the stream has left.", "AbortError"));
  };
  return {
    next: () => rows.next(),
    // Not the generator's alone: that would wait for a row that is being fetched.
    return: () => {
      leave();
      return rows.return(undefined);
    },
    throw: (error: unknown) => {
      leave();
      return rows.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* read<Row>(
  batches: Handoff<Row>,
  start: () => Promise<void>,
): AsyncGenerator<Row, undefined, undefined> {
  const ended = start().then(
    () => batches.end(),
    (thrown: unknown) => batches.end({ thrown }),
  );
  try {
    for (let rows = await batches.take(); rows !== null; rows = await batches.take()) {
      for (const row of rows) {
        batches.check();
        yield row;
      }
    }
  } finally {
    // Who leaves a loop may count on the permit being given back.
    batches.leave();
    await ended;
  }
}

async function produce<Row>(
  statement: Statement,
  { asking, log, reading }: RowStreamOptions,
  batches: Handoff<Row>,
  left: AbortSignal,
): Promise<void> {
  const { guard, database, runtime, lane, waitUntil, run } = asking();
  const time = new DatabaseTime(runtime);
  const ended = run.signal === undefined ? left : AbortSignal.any([run.signal, left]);
  let given = 0;
  const take = async (rows: Row[], last: boolean): Promise<boolean> => {
    given += rows.length;
    if (last) return batches.put(rows, true);
    time.pause();
    try {
      return await reading(() => batches.put(rows, false));
    } finally {
      time.resume();
    }
  };
  const fetching = (context: CallContext) =>
    database.stream(statement, databaseCall(context, { lane, waitUntil, time, runtime }), BATCH_ROWS, take);
  try {
    const options = { ...run, signal: ended, ranMs: time.ms, classify: time.classify, ends: true } as const;
    await guard.run(fetching, options);
  } catch (error) {
    if (given > 0 && !ended.aborted && error instanceof DatabaseError) {
      log.warn("stream.broken", {
        lane,
        rows: given,
        code: error.code,
        fault: error.fault,
        vendor: error.vendorError(),
      });
    }
    throw error;
  }
}
