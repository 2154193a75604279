/**
 * Opening one connection to a PostgreSQL. It is a postgres.js client of its own with one reserved connection, for three
 * reasons: destroying it hurts no other statement, nothing is ever queued or pipelined in the client, and a connection
 * that the driver brings up after all cannot be mistaken for ours.
 */
import postgres from "postgres";
import { type Deadline, withDeadline } from "../../time.ts";
import { type ConnectionPlan, wholeMs } from "../connection.ts";
import { databaseError } from "../failure.ts";
import type { Fault } from "../port.ts";
import type { PostgresAddress } from "./address.ts";
import { closeReason } from "./close-reason.ts";
import { toPostgresError } from "./errors.ts";
import { DRIVER_TYPES } from "./types.ts";

export interface PostgresPlan extends ConnectionPlan {
  readonly target: PostgresAddress;
  readonly ssl: PostgresSsl | undefined;
}

/** As in postgres.js: a mode, or the options of the platform's TLS sockets (`ca`, `cert`, …). */
export type PostgresSsl = "require" | "prefer" | "verify-full" | false | Readonly<Record<string, unknown>>;

/** One open connection, reserved. */
export interface Opened {
  readonly sql: postgres.ReservedSql;
  open(): boolean;
  destroy(): Promise<void>;
  /** The `statement_timeout` it was opened with. */
  readonly timeoutMs: number | undefined;
  /** What `error` really was, where a pooler hung up and its reason can still be had. Never rejects. */
  reasonOf(error: unknown): Promise<unknown>;
}

/**
 * A pooler lets a client in by itself, within the connect timeout, and then has it wait for a connection of the server;
 * it has the same time again for that.
 *
 * @param deadlineMs What the first statement is likely to have: its server-side timeout then needs no telling.
 * @param onLetIn Called when a pooler has let us in.
 * @throws DatabaseError when no connection is there in time.
 */
export async function openClient(plan: PostgresPlan, deadlineMs: number, onLetIn: () => void): Promise<Opened> {
  const { runtime, settings } = plan;
  const isPooled = settings.pooler === "transaction";
  const startupTimeoutMs = isPooled ? undefined : wholeMs(deadlineMs);
  const letIn = Promise.withResolvers<void>();
  let open = true;
  const options: postgres.Options<never> & { readonly max_pipeline: number } = {
    max: 1,
    max_pipeline: 1,
    prepare: !isPooled,
    fetch_types: false,
    types: DRIVER_TYPES as never,
    connect_timeout: settings.connectTimeoutMs / 1_000,
    // Age is watched by the lane. A connection that is not reserved is a stray of the driver's reconnecting: 1 s.
    max_lifetime: null,
    idle_timeout: 1,
    onnotice: () => {},
    // Its settings are what a server says first to whom it has let in.
    onparameter: () => letIn.resolve(),
    onclose: () => {
      open = false;
    },
    connection: {
      application_name: settings.applicationName,
      ...plan.target.settings,
      ...(startupTimeoutMs === undefined ? {} : { statement_timeout: startupTimeoutMs }),
    },
    ...(plan.ssl === undefined ? {} : { ssl: plan.ssl as never }),
  };
  const client = postgres({ ...plan.target.server(), ...options });
  const watchRedials = redialWatch(client);
  const hungUp = watchRedials();
  const destroy = async (): Promise<void> => {
    open = false;
    await client.end({ timeout: 0 }).catch(() => {});
  };
  const reasonOf = async (error: unknown): Promise<unknown> => {
    if (!isPooled) return error;
    return closeReason(client, error, AbortSignal.any([plan.closing, watchRedials()]), runtime);
  };
  const signal = AbortSignal.any([plan.closing, hungUp]);
  const deadline = (late: Fault): Deadline => ({
    ms: settings.connectTimeoutMs,
    signal,
    runtime,
    refuse: (end) => databaseError(end === "late" ? late : hungUp.aborted ? "connection" : "cancelled"),
  });
  try {
    // `reserve()` by itself would try a second time after a failure (it stays in the driver's queue), and a statement
    // sent while connecting could go out after its `startBy`. So: prove the connection first, then keep it.
    const opening = Promise.resolve(withoutOrigin(client.unsafe("select 1"))).then(() => client.reserve());
    if (isPooled) {
      await withDeadline(Promise.race([letIn.promise, opening]), deadline("connection"));
      onLetIn();
    }
    const sql = await withDeadline(opening, deadline(isPooled ? "exhausted" : "connection"));
    return { sql, open: () => open, destroy, timeoutMs: startupTimeoutMs, reasonOf };
  } catch (error) {
    const reason = await reasonOf(error);
    await destroy();
    throw toPostgresError(reason, "connecting");
  }
}

/**
 * Where a peer accepts and hangs up without a word, as a proxy does whose server is gone, the driver dials again at once,
 * and again, until the connect timeout. Whenever it dials it reads the port: the one place where that can be noticed.
 *
 * @returns what begins to watch, and gives a signal that is aborted when every host was dialled and one is dialled again.
 */
function redialWatch({ options }: postgres.Sql): () => AbortSignal {
  const { port: ports } = options;
  const hosts = ports.length;
  const text = ports.join();
  let redialled = new AbortController();
  let dials = 0;
  let dialling = false;
  for (const [at, port] of ports.entries()) {
    const dial = () => {
      // Read more than once in a turn, it is one attempt.
      if (!dialling && ++dials > hosts) redialled.abort();
      dialling = true;
      queueMicrotask(() => {
        dialling = false;
      });
      return port;
    };
    Object.defineProperty(ports, at, { get: dial });
  }
  watchSocket(options as { path?: unknown }, () => {
    if (++dials > hosts) redialled.abort();
  });
  // For the texts of its errors it reads them all, which is no attempt.
  Object.defineProperty(ports, "toString", { value: () => text });
  return () => {
    dials = 0;
    redialled = new AbortController();
    return redialled.signal;
  };
}

/**
 * For a unix socket it reads no port. Whenever it dials it reads the path twice, and three times for the texts of errors.
 */
function watchSocket(options: { path?: unknown }, dialled: () => void): void {
  const { path } = options;
  if (typeof path !== "string") return;
  let reads = 0;
  const read = () => {
    if (++reads === 1)
      queueMicrotask(() => {
        if (reads === 2) dialled();
        reads = 0;
      });
    return path;
  };
  Object.defineProperty(options, "path", { get: read });
}

/**
 * Keeps the driver from finding out where a statement was made, for the stack of an error: by then that is a microtask of
 * this folder, which tells nobody anything, and it costs an Error with its stack per statement, or the memory of every
 * text that ever failed (`originStackCache` in its query.js). The driver reads it from the query, where this hides it.
 */
export function withoutOrigin<Query extends object>(query: Query): Query {
  return Object.defineProperty(query, "origin", { value: "" });
}
