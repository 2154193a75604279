/**
 * What really ran at a PostgreSQL server, counted there. Each statement holds an advisory lock of its own from its first
 * moment to the end of its transaction, and counts those locks once it has its own: the last to come sees them all, so
 * that no peak can be missed. What it saw is written to the server's log, which no rollback and no `kill -9` of a client
 * takes back.
 */
import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import type { PostgresServer } from "./postgres.ts";

/** Marks the advisory locks. */
const LOCK = 7_001;

const SCHEMA = `
create schema if not exists fleet;
create or replace function fleet.work(tag text, ms int) returns int language plpgsql as $$
declare running int;
begin
  perform pg_advisory_xact_lock(${LOCK}, pg_backend_pid());
  select count(*) into running from pg_locks where locktype = 'advisory' and classid = ${LOCK} and granted;
  raise log 'fleet.work % % % %', extract(epoch from clock_timestamp()) * 1000, pg_backend_pid(), running, tag;
  perform pg_sleep(ms / 1000.0);
  return running;
end $$`;

/** Settings of a server whose statements are counted: nothing but what they report goes into its log. */
export const COUNTED = {
  log_line_prefix: "",
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  max_connections: "200",
} as const;

export interface Begun {
  /** Wall clock, in milliseconds. */
  readonly at: number;
  readonly pid: number;
  /** Statements at the server at that moment, this one included. */
  readonly running: number;
  readonly tag: string;
}

export interface Statements {
  /** Every statement so far, in the order in which they reported. */
  readonly all: readonly Begun[];
  /** For `onLog` of the server. */
  readonly hear: (line: string) => void;
  readonly tagged: (tag: string) => readonly Begun[];
  /** The most that ran at a time among those that began in `[from, until)`; 0 where none did. */
  readonly peak: (from?: number, until?: number) => number;
}

export function createStatements(): Statements {
  const all: Begun[] = [];
  return {
    all,
    hear: (line) => {
      const [, at, pid, running, tag] = /fleet\.work (\S+) (\d+) (\d+) (\S+)/.exec(line) ?? [];
      if (tag !== undefined) all.push({ at: Number(at), pid: Number(pid), running: Number(running), tag });
    },
    tagged: (tag) => all.filter((one) => one.tag === tag),
    peak: (from = 0, until = Number.POSITIVE_INFINITY) =>
      all.reduce((most, { at, running }) => (at >= from && at < until ? Math.max(most, running) : most), 0),
  };
}

export const prepareCounting = (server: PostgresServer): Promise<unknown> => server.query(SCHEMA);

export interface Watch {
  readonly samples: () => number;
  readonly peak: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Looks at `pg_stat_activity` every millisecond or so, as a superuser. Counts what had begun when the look did and still ran
 * when its row was read: a view that is read row by row would otherwise show together what never ran together.
 */
export function watchActivity(server: PostgresServer): Watch {
  const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => {} });
  let [samples, peak, over] = [0, 0, false];
  const looking = (async () => {
    while (!over) {
      const [row] = await sql`
        select count(*)::int as running from pg_stat_activity
        where state = 'active' and query like '%fleet.work(%' and query_start <= statement_timestamp()
          and pid <> pg_backend_pid()`;
      samples += 1;
      peak = Math.max(peak, row?.running ?? 0);
      await setTimeout(1);
    }
  })();
  // Where a scenario fails, its server goes first; who stops it hears of that.
  looking.catch(() => {});
  return {
    samples: () => samples,
    peak: () => peak,
    stop: async () => {
      over = true;
      await looking;
      await sql.end({ timeout: 1 });
    },
  };
}
