/** A visit to the database by the application's own driver, with the deadline that its statements have. */
import type { Config } from "../../config.ts";
import { databaseError } from "../../database/failure.ts";
import { type DatabaseAdapter, DatabaseError, type Execution } from "../../database/port.ts";
import type { Statement } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { type Check, fail, ok } from "./check.ts";

/** Whoever looks after a server does not wait as long as a report may run. */
const LONGEST_MS = 10_000;
/** PostgreSQL's: a pooler does not know a parameter that a connection began with. */
const PROTOCOL_VIOLATION = "08P01";
/** A parameter of the URL that was meant for somebody else, say. */
const UNKNOWN_SETTING = "42704";

/** @throws DatabaseError as `Database.query` does. */
export type Ask = <Row>(statement: Statement) => Promise<readonly Row[]>;

export interface Visit<Found> {
  readonly check: Check;
  /** Null where it failed. */
  readonly found: Found | null;
  /** Something answered, but does not speak as a server by itself does. */
  readonly isPoolerLikely: boolean;
}

/** Has closed all that it opened when it resolves: a role may have few connections. Never rejects. */
export async function visit<Found>(
  adapter: DatabaseAdapter,
  config: Config,
  runtime: Runtime,
  look: (ask: Ask) => Promise<Found>,
): Promise<Visit<Found>> {
  const database = adapter.open(config.pool, runtime);
  try {
    const askedAt = runtime.monotonicMs();
    await executed(config, runtime, (execution) => database.ping(execution));
    const tookMs = Math.round(runtime.monotonicMs() - askedAt);
    const check = ok("database", `${config.database.address} answers after ${tookMs} ms, the log-on included`);
    const found = await look((statement) =>
      executed(config, runtime, (execution) => database.query(statement, execution)),
    );
    return { check, found, isPoolerLikely: false };
  } catch (error) {
    return failed(error, config);
  } finally {
    await database.close(0).catch(() => {});
  }
}

/** What is late is cancelled as well: the driver ends it before it closes. */
function executed<Value>(
  { pool }: Config,
  runtime: Runtime,
  task: (execution: Execution) => Promise<Value>,
): Promise<Value> {
  const late = new AbortController();
  const connectBy = runtime.monotonicMs() + pool.connectTimeoutMs;
  const deadlineMs = pool.callTimeoutMs;
  const execution = {
    lane: "request",
    deadlineMs,
    startBy: connectBy + deadlineMs,
    connectBy,
    signal: late.signal,
  } as const;
  return withDeadline(task(execution), {
    ms: pool.connectTimeoutMs + LONGEST_MS,
    runtime,
    refuse: () => {
      const timeout = databaseError("timeout");
      late.abort(timeout);
      return timeout;
    },
  });
}

function failed(error: unknown, { database, pool }: Config): Visit<never> {
  const { vendorCode = null } = error instanceof DatabaseError ? error : {};
  const said = `${database.address}: ${inWords(error)}`;
  const isPoolerLikely = vendorCode === PROTOCOL_VIOLATION;
  let remedy = "check DATABASE_URL, that the server runs, and that it lets this machine in";
  if (vendorCode === UNKNOWN_SETTING)
    remedy = "take what the server does not know out of DATABASE_URL: its parameters are settings of the server";
  if (isPoolerLikely)
    remedy =
      pool.pooler === "none"
        ? "a pooler seems to stand in between: set DB_POOLER=transaction"
        : "take settings of the server out of DATABASE_URL, which the pooler does not know";
  return { check: fail("database", said, remedy), found: null, isPoolerLikely };
}

/** With the vendor's own words: whoever looks after a server needs them. */
function inWords(error: unknown): string {
  if (!(error instanceof DatabaseError)) return String(error);
  const { code, vendorCode, message } = error;
  const vendor = error.vendorError();
  const reason = vendor instanceof Error && !message.includes(vendor.message) ? `(${vendor.message})` : "";
  return [code, vendorCode, message, reason].filter(Boolean).join(" ");
}
