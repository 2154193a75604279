/** The guarded database as an application holds it: one for all that runs, and one for each request. */
import { type GuardedDatabase, type GuardedDatabaseOptions, guardDatabase } from "./guarded-database.ts";
import { NO_DATABASE } from "./no-database.ts";
import type { Reader } from "./reader.ts";

export interface DatabaseHandles {
  /** Outside of requests. */
  readonly shared: GuardedDatabase;
  /** Of one request, by connections of its own where the platform wants that. */
  ofRequest(reader: Reader): GuardedDatabase;
}

export function databaseHandles(
  options: Pick<GuardedDatabaseOptions, "guard" | "database" | "runtime" | "log">,
): DatabaseHandles {
  const { database } = options;
  if (database.kind === "none") return { shared: NO_DATABASE, ofRequest: () => NO_DATABASE };
  return {
    shared: guardDatabase(options),
    ofRequest: (reader) =>
      guardDatabase({
        ...options,
        database: database.forRequest?.() ?? database,
        limits: reader,
        reader,
        holding: { request: 0, slow: 0 },
      }),
  };
}
