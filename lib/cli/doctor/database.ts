/** The database as the environment has it: reached by the application's own driver, and its limits against the fleet's. */
import type { Config } from "../../config.ts";
import type { Database, DatabaseAdapter, Execution } from "../../database/port.ts";
import { DatabaseError } from "../../database/port.ts";
import { sql } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, fail, ok, warn } from "./check.ts";

/** PostgreSQL's: a pooler does not know a parameter that a connection began with. */
const PROTOCOL_VIOLATION = "08P01";

export async function checkDatabase(config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { database: target, pool } = config;
  // Two processes on one directory would destroy it.
  if (target.kind === "pglite")
    return [ok("database", `${target.address}, which is not opened beside the application`)];
  const database = (await adapterOf(target)).open(pool, runtime);
  try {
    const startedAt = runtime.monotonicMs();
    await database.ping(executionOf(config, runtime));
    const tookMs = Math.round(runtime.monotonicMs() - startedAt);
    const reached = ok("database", `${target.address} answers after ${tookMs} ms, the log-on included`);
    if (target.kind === "postgres") return [reached, ...(await checkPostgres(database, config, runtime))];
    return [
      reached,
      warn("role", "limits are not looked at on Oracle", `set SESSIONS_PER_USER to at least ${needed(config)}`),
    ];
  } catch (error) {
    return [unreachable(error, config)];
  } finally {
    await database.close(0).catch(() => {});
  }
}

async function adapterOf(target: Exclude<Config["database"], { kind: "pglite" }>): Promise<DatabaseAdapter> {
  return target.kind === "postgres"
    ? (await import("../../database/postgres/postgres.ts")).postgres(target.url)
    : (await import("../../database/oracle/oracle.ts")).oracle(target.url);
}

function executionOf({ pool }: Config, runtime: Runtime): Execution {
  const now = runtime.monotonicMs();
  const deadlineMs = Math.min(pool.callTimeoutMs, 10_000);
  const connectBy = now + pool.connectTimeoutMs;
  const signal = new AbortController().signal;
  return { lane: "request", deadlineMs, startBy: connectBy + deadlineMs, connectBy, signal };
}

function unreachable(error: unknown, { database, pool }: Config): Check {
  const {
    message,
    code = null,
    vendorCode = null,
  } = error instanceof DatabaseError ? error : { message: String(error) };
  const found = `${database.address}: ${[code, vendorCode, message].filter(Boolean).join(" ")}`;
  if (vendorCode === PROTOCOL_VIOLATION && pool.pooler === "none")
    return fail("database", found, "a pooler seems to stand in between: set DB_POOLER=transaction");
  return fail("database", found, "check DATABASE_URL, that the server runs, and that it lets this machine in");
}

interface Limits {
  readonly role: string;
  readonly superuser: boolean;
  /** -1: none. */
  readonly role_limit: number;
  readonly database_limit: number;
  readonly max_connections: number;
  readonly reserved: number;
  readonly version: string;
  readonly port: number;
  readonly standby: boolean;
  readonly timeout_ms: number;
}

const LIMITS = sql`select rolname::text as role, rolsuper as superuser, rolconnlimit as role_limit,
  (select datconnlimit from pg_database where datname = current_database()) as database_limit,
  current_setting('max_connections')::int as max_connections,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved,
  current_setting('server_version') as version, current_setting('port')::int as port,
  pg_is_in_recovery() as standby,
  (select setting::int from pg_settings where name = 'statement_timeout') as timeout_ms
  from pg_roles where rolname = current_user`;

async function checkPostgres(database: Database, config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const [limits] = await database.query<Limits>(LIMITS, executionOf(config, runtime));
  if (!limits) return [fail("role", "the server does not say who this is", "give the role a name of its own")];
  return [
    ...serverChecks(limits, config),
    ...roleChecks(limits, needed(config)),
    limits.timeout_ms > 0
      ? ok("deadlines", `the server ends a statement by itself (statement_timeout)`)
      : fail("deadlines", "statement_timeout is not in force", "set DB_POOLER=transaction if a pooler is in between"),
  ];
}

function serverChecks({ version, standby, port }: Limits, { database, pool }: Config): Check[] {
  const asked = database.kind === "postgres" ? Number(new URL(database.url).port || 5432) : port;
  const server = `PostgreSQL ${version}`;
  return [
    standby
      ? warn("server", `${server}, a standby: it only reads`, "point DATABASE_URL at the primary, unless you only read")
      : ok("server", server),
    ...(asked !== port && pool.pooler === "none"
      ? [
          warn(
            "pooler",
            `the server listens on ${port}, and was reached by ${asked}: something is in between`,
            "set DB_POOLER=transaction if it is PgBouncer or the like in that mode",
          ),
        ]
      : []),
  ];
}

/** What the whole fleet may open. */
export function needed({ pool, store }: Config): number {
  const each = pool.poolSize + pool.maxOverflow + pool.slowMaxConcurrent + pool.healthPoolSize;
  return store.expectedInstances * each;
}

function roleChecks({ role, superuser, ...limits }: Limits, wanted: number): Check[] {
  const alter = `alter role ${role} connection limit ${wanted}`;
  const free = limits.max_connections - limits.reserved;
  const bounds = [limits.role_limit, limits.database_limit].filter((limit) => limit >= 0);
  const least = Math.min(free, ...bounds);
  const limit = limits.role_limit < 0 ? "no connection limit" : `a connection limit of ${limits.role_limit}`;
  return [
    superuser
      ? warn("role", `${role} is a superuser, whom no limit binds`, "give the application a role of its own")
      : limits.role_limit < 0
        ? warn("role", `${role} has ${limit}: nothing but the gate bounds what runs at the server`, alter)
        : ok("role", `${role} has ${limit}`),
    least < wanted
      ? fail(
          "connections",
          `the fleet may open ${wanted}, the server grants ${least}`,
          "lower DB_POOL_SIZE, DB_MAX_OVERFLOW or EXPECTED_INSTANCES, or raise what is granted",
        )
      : ok("connections", `the fleet may open ${wanted} of ${least}`),
  ];
}
