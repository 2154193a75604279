/** A database that answers what a test says, for tests of handlers. It keeps to the port: aborts end statements. */
import { type DatabaseAdapter, DatabaseError, type Execution } from "../database/port.ts";
import { render, type Statement } from "../database/sql.ts";

/** @returns Rows, or throws a {@link DatabaseError}. The text has `$1`, `$2`, … where the values go. */
export type Answer = (text: string, values: readonly unknown[]) => Promise<readonly unknown[]> | readonly unknown[];

/**
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
      const query = async <Row>(statement: Statement, { signal }: Execution): Promise<Row[]> => {
        checkedOut += 1;
        try {
          return (await Promise.race([
            answer(
              render(statement, (n) => `$${n}`),
              statement.values,
            ),
            aborted(signal),
          ])) as Row[];
        } finally {
          checkedOut -= 1;
        }
      };
      return {
        kind: "pglite",
        address: "fake:",
        traits: { serverTimeout: false, cancels: true, concurrent: true },
        query,
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

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new DatabaseError("cancelled", "The statement was cancelled."));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
