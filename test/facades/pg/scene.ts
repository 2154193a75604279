/** A guarded pool over a real PostgreSQL, and the server's own view of what it does. */
import { Pool, type PoolConfig } from "pg";
import { readConfig } from "../../../lib/config.ts";
import { type FacadeOptions, guardPool } from "../../../lib/facades/pg/pg.ts";
import type { Log, LogFields } from "../../../lib/log/port.ts";
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";
import { memory } from "../../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../../lib/tidegate.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";

export interface Guarded {
  readonly tide: Tidegate;
  /** Guarded. */
  readonly pool: Pool;
  readonly bare: Pool;
  readonly lines: readonly { readonly event: string; readonly fields: LogFields }[];
  /** What the gate has out and in line. */
  held(): Promise<{ readonly permits: number; readonly waiting: number; readonly breaker: string }>;
  end(): Promise<void>;
}

export interface GuardedOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly pool?: PoolConfig;
  readonly options?: FacadeOptions;
  readonly runtime?: Runtime;
}

export interface PgScene {
  readonly server: PostgresServer;
  guarded(options?: GuardedOptions): Guarded;
  /** How many backends the server has under a condition on `pg_stat_activity`, its own look apart. */
  seen(where: string): Promise<number>;
  /** Ends what was made since the last time. */
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

export const SLEEPING = "state = 'active' and query like '%pg_sleep%'";

export async function pgScene(): Promise<PgScene> {
  const server = await startPostgres();
  const made = new Set<Guarded>();
  const seen = async (where: string) => {
    const rows = await server.query(
      `select count(*)::int as n from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid() and ${where}`,
    );
    return Number(rows[0]?.n);
  };
  const clear = async () => {
    server.resume();
    for (const one of made) await one.end();
    await eventually("nobody is connected", async () => (await seen("true")) === 0);
  };
  return {
    server,
    seen,
    clear,
    guarded: ({ env = {}, pool: config = {}, options, runtime = systemRuntime() } = {}) => {
      const lines: { readonly event: string; readonly fields: LogFields }[] = [];
      const write = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
      const log: Log = { debug: write, info: write, warn: write, error: write };
      const tide = tidegate({ store: memory(), config: readConfig(env), log, runtime });
      const bare = new Pool({ connectionString: server.url, ...config });
      const guarded: Guarded = {
        tide,
        bare,
        pool: guardPool(tide, bare, options),
        lines,
        held: async () => {
          const { lanes, breaker } = await tide.view();
          const all = Object.values(lanes);
          return {
            permits: all.reduce((sum, { running }) => sum + running, 0),
            waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
            breaker: breaker.state,
          };
        },
        end: async () => {
          made.delete(guarded);
          if (!bare.ending) await bare.end();
          await tide.close();
        },
      };
      made.add(guarded);
      return guarded;
    },
    dispose: async () => {
      await clear();
      await server.dispose();
    },
  };
}

/** What a promise was rejected with; undefined where it was not. */
export const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
