/** An instance of Tidegate over a real PostgreSQL, for applications of other frameworks than Hono. */
import { Pool } from "pg";
import { readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { guardPool } from "../../lib/facades/pg/pg.ts";
import type { Log, LogFields } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";

/** What a framework's own application is made of, for the tests that are the same for all. */
export interface Parts {
  readonly tide: Tidegate;
  /** Guarded by a facade, as an ORM would have it. */
  readonly pool: Pool;
  /** Where Tidegate's own routes are mounted: at the root, or below that. */
  readonly prefix: string;
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

export interface Application extends Served {
  readonly tide: Tidegate;
  readonly lines: readonly { readonly level: string; readonly event: string; readonly fields: LogFields }[];
  ask(path: string, init?: RequestInit): Promise<Response>;
}

export interface FrameworkScene {
  readonly server: PostgresServer;
  started(env?: Readonly<Record<string, string>>, prefix?: string): Promise<Application>;
  /** How many statements that sleep the server has under way. */
  sleeping(): Promise<number>;
  /** Ends what was started since the last time. */
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

const ENV = {
  APP_ENV: "production",
  STATE_NAMESPACE: "frameworks",
  ADMIN_TOKENS: "kim:a-token-that-is-long-enough-to-pass",
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  DB_POOL_SIZE: "2",
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "1",
};

export async function frameworkScene(start: (parts: Parts) => Promise<Served>): Promise<FrameworkScene> {
  const server = await startPostgres();
  await server.query("create table orders (id int primary key, customer text)");
  await server.query("insert into orders values (1, 'ada')");
  const ends = new Set<() => Promise<void>>();
  const clear = async () => {
    server.resume();
    for (const end of ends) await end();
    ends.clear();
  };
  return {
    server,
    started: async (env = {}, prefix = "") => {
      const lines: Application["lines"][number][] = [];
      const write =
        (level: string) =>
        (event: string, fields: LogFields = {}) =>
          void lines.push({ level, event, fields });
      const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
      const config = readConfig({ ...ENV, ...env });
      const tide = tidegate({ database: postgres(server.url), store: memory(), config, log, appVersion: "1.2.3" });
      const bare = new Pool({ connectionString: server.url, max: 4 });
      const served = await start({ tide, pool: guardPool(tide, bare), prefix });
      const close = async () => {
        ends.delete(close);
        await served.close();
        await bare.end();
        await tide.close();
      };
      ends.add(close);
      return { url: served.url, close, tide, lines, ask: (path, init) => fetch(`${served.url}${path}`, init) };
    },
    sleeping: async () => {
      const rows = await server.query(
        "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()",
      );
      return Number(rows[0]?.n);
    },
    clear,
    dispose: async () => {
      await clear();
      await server.dispose();
    },
  };
}

/** Every permit is back, and nobody waits. */
export const atRest = (tide: Tidegate): Promise<boolean> =>
  eventually("every permit is back", async () => {
    const lanes = Object.values((await tide.view()).lanes);
    return lanes.every(({ running, waiting }) => running === 0 && waiting === 0);
  });
