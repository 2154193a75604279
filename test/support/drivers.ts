/** The drivers that a test of what all of them do can have on this machine, each with one connection. */
import postgresjs from "postgres";
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

/** A server of somebody else's, in a schema of its own that is dropped again. */
const elsewhere = (url: string): Driver => ({
  name: "postgres at POSTGRES_TEST_URL",
  skip: undefined,
  open: async () => {
    const schema = `tidegate_test_${crypto.randomUUID().slice(0, 8)}`;
    const admin = postgresjs(url, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create schema ${schema}`);
    const own = new URL(url);
    own.searchParams.set("search_path", schema);
    const database = postgres(own.href).open(ONE, runtime);
    return {
      database,
      dispose: async () => {
        await database.close();
        await admin.unsafe(`drop schema ${schema} cascade`);
        await admin.end();
      },
    };
  },
});
const { POSTGRES_TEST_URL } = process.env;

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
  ...(POSTGRES_TEST_URL ? [elsewhere(POSTGRES_TEST_URL)] : []),
];
