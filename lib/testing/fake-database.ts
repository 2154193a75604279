/** A database that answers what a test says, for tests of handlers. It keeps to the port: aborts end statements. */
import { faultOfAbort } from "../database/failure.ts";
import { handOver } from "../database/hand-over.ts";
import { type DatabaseAdapter, DatabaseError, type Execution, type HeldConnection } from "../database/port.ts";
import { render, type Statement } from "../database/sql.ts";
import { runTransaction } from "../database/transaction.ts";
import { beginText } from "../database/wire/transactions.ts";

/** Answers a statement with rows, or throws a {@link DatabaseError}. The text has `$1`, `$2`, … where the values go. */
export type Answer = (text: string, values: readonly unknown[]) => Promise<readonly unknown[]> | readonly unknown[];

/**
 * A database that answers what a test says. A transaction asks it `begin …`, its statements, and `commit` or `rollback`. A stream is one statement.
 *
 * @example
 * ```ts
 * const tide = tidegate({ database: fakeDatabase(() => [{ id: 1 }]), store: memory(), config: readConfig({}) });
 * ```
 */
export function fakeDatabase(answer: Answer): DatabaseAdapter {
  return {
    kind: "pglite",
    address: "fake:",
    secrets: [],
    open: (settings) => {
      let checkedOut = 0;
      const holding = async <T>({ signal, onConnection }: Execution, task: (ask: Ask) => Promise<T>): Promise<T> => {
        checkedOut += 1;
        onConnection?.();
        const aborted = abortOf(signal);
        try {
          return await task({
            asked: (text, values = []) => Promise.race([(async () => answer(text, values))(), aborted.rejects]),
            aborted: aborted.rejects,
          });
        } finally {
          aborted.forget();
          checkedOut -= 1;
        }
      };
      const query = <Row>(statement: Statement, execution: Execution): Promise<Row[]> =>
        holding(execution, async ({ asked }) => (await asked(textOf(statement), statement.values)) as Row[]);
      return {
        kind: "pglite",
        address: "fake:",
        traits: { serverTimeout: false, cancels: true, concurrent: true, streams: false },
        query,
        transaction: (execution, mode, task) =>
          holding(execution, ({ asked, aborted }) =>
            runTransaction(
              {
                begin: () => asked(beginText(mode)),
                assertOpen: () => {},
                commit: async () => {
                  await asked("commit");
                  return true;
                },
                rollback: async () => {
                  await (async () => answer("rollback", []))().catch(() => {});
                },
              },
              { givenUp: aborted, readOnly: mode.readOnly === true },
              (enter) => {
                const held: HeldConnection = {
                  query: async <Row>(each: Statement) => (await enter(() => asked(textOf(each), each.values))) as Row[],
                };
                return task(held);
              },
            ),
          ),
        stream: async <Row>(
          statement: Statement,
          execution: Execution,
          batchRows: number,
          take: (rows: Row[], last: boolean) => Promise<boolean>,
        ) =>
          holding(execution, async ({ asked, aborted }) => {
            const rows = (await asked(textOf(statement), statement.values)) as Row[];
            await Promise.race([handOver(rows, batchRows, take), aborted]);
          }),
        ping: async () => {},
        pool: () => {
          const size = settings.poolSize;
          const checkedIn = Math.max(0, size - checkedOut);
          return { size, checkedOut, checkedIn, overflow: 0, maxCapacity: size + settings.maxOverflow, waiting: 0 };
        },
        close: async () => {},
      };
    },
  };
}

interface Ask {
  asked(text: string, values?: readonly unknown[]): Promise<readonly unknown[]>;
  readonly aborted: Promise<never>;
}

function textOf(statement: Statement): string {
  return render(statement, (position) => `$${position}`);
}

function abortOf(signal: AbortSignal): { readonly rejects: Promise<never>; readonly forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const stop = () => reject(new DatabaseError(faultOfAbort(signal), "The statement was cancelled."));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return { rejects: promise, forget: () => signal.removeEventListener("abort", stop) };
}
