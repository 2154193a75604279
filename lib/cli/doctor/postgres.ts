/** What is asked of a PostgreSQL, and what stands before it. */
import type { Config } from "../../config.ts";
import { sql } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, ok, warn } from "./check.ts";
import { clockCheck, type Reading, readClock } from "./clock.ts";
import { connectionChecks, limitsOf } from "./connections.ts";
import { checkDeadlines } from "./deadlines.ts";
import { lookForPooler } from "./pooler.ts";
import { type Ask, visit } from "./visit.ts";

const CLOCK_READINGS = 3;

export async function checkPostgres(url: string, config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { postgres } = await import("../../database/postgres/postgres.ts");
  const { check, found, isPoolerLikely } = await visit(postgres(url), config, runtime, async (ask) => ({
    limits: await limitsOf(ask),
    checks: [
      await checkServer(ask),
      await checkDeadlines(ask, config, runtime),
      await checkClock(ask, config, runtime),
    ].flat(),
  }));
  if (found === null && !isPoolerLikely) return [check];
  const pooler = await lookForPooler(url, config, runtime);
  return [
    check,
    ...(found?.checks ?? []),
    pooler.check,
    ...(found ? connectionChecks(found.limits, config, pooler.isBetween) : []),
  ];
}

/** A role that may read tables, and write none, is one for reports. */
const SERVER = sql`with tables as (
    select oid from pg_class where relkind in ('r', 'p')
      and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)' and has_table_privilege(oid, 'select'))
  select current_setting('server_version') as version, pg_is_in_recovery() as standby,
    current_setting('default_transaction_read_only') = 'on' as read_only,
    exists (select from tables)
      and not exists (select from tables where has_table_privilege(oid, 'insert, update, delete')) as barred`;

interface ServerRow {
  readonly version: string;
  readonly standby: boolean;
  readonly read_only: boolean;
  readonly barred: boolean;
}

async function checkServer(ask: Ask): Promise<readonly Check[]> {
  const rows = await ask<ServerRow>(SERVER);
  return rows.flatMap(({ version, standby, read_only: readOnly, barred }) => {
    const server = standby
      ? warn(
          "server",
          `PostgreSQL ${version}, a standby: it only reads`,
          "point DATABASE_URL at the primary, unless you only read",
        )
      : ok("server", `PostgreSQL ${version}`);
    if (standby || !(readOnly || barred)) return [server];
    const found = readOnly ? "only reads (default_transaction_read_only)" : "may read tables, and write none of them";
    return [server, warn("rights", `this role ${found}`, "give it the rights to write, unless you only read")];
  });
}

const NOW = sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;

async function checkClock(ask: Ask, config: Config, runtime: Runtime): Promise<Check> {
  const tell = async () => (await ask<{ readonly ms: number }>(NOW))[0]?.ms ?? 0;
  const readings: Reading[] = [];
  while (readings.length < CLOCK_READINGS) readings.push(await readClock(tell, runtime));
  return clockCheck("database clock", readings, config);
}
