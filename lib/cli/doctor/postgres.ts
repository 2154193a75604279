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

const SERVER = sql`select current_setting('server_version') as version, pg_is_in_recovery() as standby`;

async function checkServer(ask: Ask): Promise<readonly Check[]> {
  const rows = await ask<{ readonly version: string; readonly standby: boolean }>(SERVER);
  return rows.map(({ version, standby }) =>
    standby
      ? warn(
          "server",
          `PostgreSQL ${version}, a standby: it only reads`,
          "point DATABASE_URL at the primary, unless you only read",
        )
      : ok("server", `PostgreSQL ${version}`),
  );
}

const NOW = sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;

async function checkClock(ask: Ask, config: Config, runtime: Runtime): Promise<Check> {
  const tell = async () => (await ask<{ readonly ms: number }>(NOW))[0]?.ms ?? 0;
  const readings: Reading[] = [];
  while (readings.length < CLOCK_READINGS) readings.push(await readClock(tell, runtime));
  return clockCheck("database clock", readings, config);
}
