/** A database whose connections can be replaced while it is used: what runs ends on the old ones. */
import type { Database } from "../database/port.ts";

export interface Renewable {
  /** Stays the same; what is asked of it from a renewal on goes to the new connections. */
  readonly database: Database;
  /** Opens anew, then ends the old connections once their statements have ended, at most `graceMs` later. */
  renew(graceMs: number): Promise<void>;
}

export function renewable(open: () => Database): Renewable {
  let current = open();
  return {
    database: {
      ...current,
      query: (statement, execution) => current.query(statement, execution),
      transaction: (execution, mode, task) => current.transaction(execution, mode, task),
      stream: (statement, execution, batchRows, take) => current.stream(statement, execution, batchRows, take),
      ping: (execution) => current.ping(execution),
      pool: () => current.pool(),
      close: (graceMs) => current.close(graceMs),
    },
    renew: async (graceMs) => {
      // An embedded one has no connections, and may be open once only.
      if (current.kind === "pglite") return;
      const old = current;
      current = open();
      await old.close(graceMs);
    },
  };
}
