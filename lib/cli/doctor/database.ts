/** The database as the environment has it, reached by the application's own driver. */
import type { Config } from "../../config.ts";
import { type Database, type DatabaseAdapter, DatabaseError } from "../../database/port.ts";
import { sql } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";
import { type Ask, asking, inTime } from "./ask.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { clockCheck, type Reading, readClock } from "./clock.ts";
import { checkConnections, needed } from "./connections.ts";
import { checkDeadlines } from "./deadlines.ts";
import { checkPooler } from "./pooler.ts";

/** PostgreSQL's: a pooler does not know a parameter that a connection began with. */
const PROTOCOL_VIOLATION = "08P01";
const CLOCK_READINGS = 3;

export async function checkDatabase(config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { database: target } = config;
  // Two processes on one directory would destroy it.
  if (target.kind === "pglite")
    return [ok("database", `${target.address}, which is not opened beside the application`)];
  const { checks, isThere } = await reach(target, config, runtime);
  // When the driver has closed its connection: a role may have few.
  if (!isThere || target.kind === "oracle") return checks;
  return [...checks, await checkPooler(target.url, config, runtime)];
}

type Target = Exclude<Config["database"], { kind: "pglite" }>;

/** `isThere`: something answered, if only to refuse. */
async function reach(target: Target, config: Config, runtime: Runtime) {
  const database = (await adapterOf(target)).open(config.pool, runtime);
  try {
    const askedAt = runtime.monotonicMs();
    await inTime(config, runtime, (execution) => database.ping(execution));
    const tookMs = Math.round(runtime.monotonicMs() - askedAt);
    const reached = ok("database", `${target.address} answers after ${tookMs} ms, the log-on included`);
    return { checks: [reached, ...(await limitsOf(database, config, runtime))], isThere: true };
  } catch (error) {
    const isThere = error instanceof DatabaseError && error.vendorCode === PROTOCOL_VIOLATION;
    return { checks: [unreachable(error, config)], isThere };
  } finally {
    await database.close(0).catch(() => {});
  }
}

async function adapterOf(target: Target): Promise<DatabaseAdapter> {
  return target.kind === "postgres"
    ? (await import("../../database/postgres/postgres.ts")).postgres(target.url)
    : (await import("../../database/oracle/oracle.ts")).oracle(target.url);
}

function unreachable(error: unknown, { database, pool }: Config): Check {
  const {
    message,
    code = null,
    vendorCode = null,
  } = error instanceof DatabaseError ? error : { message: String(error) };
  const found = `${database.address}: ${[code, vendorCode, message].filter(Boolean).join(" ")}`;
  if (vendorCode === PROTOCOL_VIOLATION)
    return fail(
      "database",
      found,
      pool.pooler === "none"
        ? "a pooler seems to stand in between: set DB_POOLER=transaction"
        : "take settings of the server out of DATABASE_URL, which the pooler does not know",
    );
  return fail("database", found, "check DATABASE_URL, that the server runs, and that it lets this machine in");
}

async function limitsOf(database: Database, config: Config, runtime: Runtime): Promise<readonly Check[]> {
  if (database.kind === "oracle")
    return [warn("role", "limits are not looked at on Oracle", `set SESSIONS_PER_USER to at least ${needed(config)}`)];
  const ask = asking(database, config, runtime);
  return [
    ...(await checkServer(ask)),
    ...(await checkConnections(ask, config)),
    ...(await checkDeadlines(ask, config, runtime)),
    await checkClock(ask, config, runtime),
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
