/** The drivers that a test of what all of them do can have on this machine, each with one connection. */
import { pglite } from "../../lib/database/pglite/pglite.ts";
import type { Database } from "../../lib/database/port.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { SETTINGS } from "./execution.ts";
import { pgbouncerUnavailable, startPgBouncer } from "./pgbouncer.ts";
import { postgresUnavailable, startPostgres } from "./postgres.ts";

export interface Driver {
  readonly name: string;
  /** Why it cannot be had. */
  readonly skip: string | undefined;
  open(): Promise<{ readonly database: Database; dispose(): Promise<void> }>;
}

const ONE = { ...SETTINGS, poolSize: 1, maxOverflow: 0 };
const runtime = systemRuntime();

export const drivers: readonly Driver[] = [
  {
    name: "pglite",
    skip: undefined,
    open: async () => {
      const database = pglite("pglite:").open(SETTINGS, runtime);
      return { database, dispose: () => database.close() };
    },
  },
  {
    name: "postgres",
    skip: postgresUnavailable(),
    open: async () => {
      const server = await startPostgres();
      const database = postgres(server.url).open(ONE, runtime);
      return {
        database,
        dispose: async () => {
          await database.close();
          await server.dispose();
        },
      };
    },
  },
  {
    name: "postgres behind PgBouncer",
    skip: postgresUnavailable() ?? pgbouncerUnavailable(),
    open: async () => {
      const server = await startPostgres();
      const bouncer = await startPgBouncer(server, { default_pool_size: "1" });
      const database = postgres(bouncer.url).open({ ...ONE, pooler: "transaction" }, runtime);
      return {
        database,
        dispose: async () => {
          await database.close();
          await bouncer.dispose();
          await server.dispose();
        },
      };
    },
  },
];
