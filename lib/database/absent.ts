/**
 * No database of Tidegate's own: an application has connections of its own, which a facade guards, or no database at all.
 * Health asks what a facade has attached; nothing else is ever asked here.
 */
import type { Runtime } from "../runtime.ts";
import { faultOf } from "./fault-of.ts";
import { type Database, type DatabaseAdapter, DatabaseError, type PoolState } from "./port.ts";

/** A database that an application has connections of its own to. */
export interface AttachedDatabase {
  /** For people: no credentials. Null where it is not known before there is a request. */
  readonly address: string | null;
  /** Asks whether it is there, by a connection of its own or one that is free. Ends with the signal. */
  ping(signal: AbortSignal): Promise<void>;
  pool(): PoolState;
}

export interface AbsentDatabase {
  readonly adapter: DatabaseAdapter;
  /** The last one counts. */
  attach(database: AttachedDatabase): void;
  /** Null until one is attached. */
  readonly address: string | null;
}

const NO_POOL: PoolState = { size: 0, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: 0, waiting: 0 };

export function absentDatabase(): AbsentDatabase {
  let attached: AttachedDatabase | undefined;
  const refuse = () => Promise.reject(new TypeError("the database: none was given"));
  const database: Database = {
    kind: "none",
    address: "none",
    traits: { serverTimeout: false, cancels: false, concurrent: true, streams: false },
    query: refuse,
    transaction: refuse,
    stream: refuse,
    ping: async ({ signal }) => {
      try {
        await attached?.ping(signal);
      } catch (error) {
        throw asDatabaseError(error, signal);
      }
    },
    isAbsent: () => attached === undefined,
    pool: () => attached?.pool() ?? NO_POOL,
    // Its connections are the application's to end.
    close: async () => {},
  };
  return {
    adapter: { kind: "none", address: "none", secrets: [], open: (_settings, _runtime: Runtime) => database },
    attach: (given) => {
      attached = given;
    },
    get address() {
      return attached?.address ?? null;
    },
  };
}

function asDatabaseError(error: unknown, signal: AbortSignal): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (signal.aborted) return new DatabaseError("timeout", "The database did not answer in time.", { cause: error });
  const fault = faultOf(error) ?? "connection";
  return new DatabaseError(fault, "The database does not answer.", { cause: error });
}
