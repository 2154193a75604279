/** A guarded `sql` over a real PostgreSQL, and the server's own view of what it does. */
import postgres from "postgres";
import { readConfig } from "../../../lib/config.ts";
import { type FacadeOptions, guardSql } from "../../../lib/facades/postgres-js/postgres-js.ts";
import type { Log, LogFields } from "../../../lib/log/port.ts";
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";
import { memory } from "../../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../../lib/tidegate.ts";
import { type PostgresServer, startPostgres } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";

export interface Guarded {
  readonly tide: Tidegate;
  /** Guarded. */
  readonly sql: postgres.Sql;
  readonly bare: postgres.Sql;
  readonly lines: readonly { readonly event: string; readonly fields: LogFields }[];
  /** What the gate has out and in line. */
  held(): Promise<{ readonly permits: number; readonly waiting: number; readonly breaker: string }>;
  end(): Promise<void>;
}

export interface GuardedOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly sql?: postgres.Options<Record<string, never>>;
  readonly options?: FacadeOptions;
  readonly url?: string;
  readonly runtime?: Runtime;
}

export interface SqlScene {
  readonly server: PostgresServer;
  guarded(options?: GuardedOptions): Guarded;
  /** How many backends the server has under a condition on `pg_stat_activity`, its own look apart. */
  seen(where: string): Promise<number>;
  /** Ends what was made since the last time. */
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

export const SLEEPING = "state = 'active' and query like '%pg_sleep%'";

export async function sqlScene(settings: Readonly<Record<string, string>> = {}): Promise<SqlScene> {
  const server = await startPostgres({ settings });
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
    guarded: ({ env = {}, sql: given = {}, options, url = server.url, runtime = systemRuntime() } = {}) => {
      const lines: { readonly event: string; readonly fields: LogFields }[] = [];
      const write = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
      const log: Log = { debug: write, info: write, warn: write, error: write };
      const tide = tidegate({ store: memory(), config: readConfig(env), log, runtime });
      const bare = postgres(url, { onnotice: () => {}, ...given }) as postgres.Sql;
      const guarded: Guarded = {
        tide,
        bare,
        sql: guardSql(tide, bare, options),
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
          await guarded.sql.end({ timeout: 1 });
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
export const errorOf = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

/** With nothing left behind: neither a permit nor a statement. */
export async function atRest(scene: SqlScene, guarded: Guarded): Promise<void> {
  await eventually("every permit is back", async () => {
    const { permits, waiting } = await guarded.held();
    return permits === 0 && waiting === 0;
  });
  await eventually("nothing runs at the server", async () => (await scene.seen("state <> 'idle'")) === 0);
}
