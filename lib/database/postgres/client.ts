/**
 * Opening one connection to a PostgreSQL. It is a postgres.js client of its own with one reserved connection, for three
 * reasons: destroying it hurts no other statement, nothing is ever queued or pipelined in the client, and a connection
 * that the driver brings up after all cannot be mistaken for ours.
 */
import postgres from "postgres";
import { type Deadline, withDeadline } from "../../time.ts";
import { type ConnectionPlan, wholeMs } from "../connection.ts";
import { codeOf, databaseError } from "../failure.ts";
import type { DatabaseError, DatabaseSettings, Fault } from "../port.ts";
import type { PostgresAddress } from "./address.ts";
import { cancelled, type Query } from "./cancel.ts";
import { closeReason } from "./close-reason.ts";
import { toPostgresError } from "./errors.ts";
import { FORMS_ASKED, FORMS_TEXT, toldInTransactions } from "./session-settings.ts";
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
  /** Calls `listener` once it is closed, by either side. */
  onClose(listener: () => void): void;
  destroy(): Promise<void>;
  /** Asks the server to stop `query`; resolves when that has arrived, or come to nothing. Never rejects. */
  cancel(query: Query): Promise<void>;
  /** The `statement_timeout` it was opened with. */
  readonly timeoutMs: number | undefined;
  /** What each transaction is told behind `begin`, on a session that is not our own. May be empty. */
  readonly toldText: string;
  /** What `error` really was, where a pooler hung up and its reason can still be had. Never rejects. */
  reasonOf(error: unknown): Promise<unknown>;
}

/**
 * The driver's own timer, which closes the socket of what we have given up, comes so much later than ours. It does not
 * wait for what has arrived to be read: heard before ours, it comes of an event loop that stood still.
 */
const DRIVER_LATER_MS = 1_000;
const CONNECT_TIMEOUT = "CONNECT_TIMEOUT";

/**
 * A pooler lets a client in by itself, within the connect timeout, and then has it wait for a connection of the server;
 * it has the same time again for that.
 *
 * @param deadlineMs What the first statement is likely to have: its server-side timeout then needs no telling.
 * @param onLetIn Called when a pooler has let us in.
 * @throws DatabaseError when no connection is there in time.
 */
export async function openClient(plan: PostgresPlan, deadlineMs: number, onLetIn: () => void): Promise<Opened> {
  for (;;) {
    const opened = await openOnce(plan, deadlineMs, onLetIn);
    if (opened !== null) return opened;
  }
}

/** Null where nobody knows whether it would have opened. */
async function openOnce(plan: PostgresPlan, deadlineMs: number, onLetIn: () => void): Promise<Opened | null> {
  const { runtime, settings } = plan;
  const isPooled = settings.pooler === "transaction";
  const startupTimeoutMs = isPooled ? undefined : wholeMs(deadlineMs);
  const told = toldInTransactions(isPooled ? plan.target.settings : {});
  const letIn = Promise.withResolvers<void>();
  let open = true;
  let onClose = (): void => {};
  const options: postgres.Options<never> & { readonly max_pipeline: number } = {
    max: 1,
    max_pipeline: 1,
    prepare: !isPooled,
    fetch_types: false,
    types: DRIVER_TYPES as never,
    connect_timeout: (settings.connectTimeoutMs + DRIVER_LATER_MS) / 1_000,
    // Age is watched by the lane. A connection that is not reserved is a stray of the driver's reconnecting: 1 s.
    max_lifetime: null,
    idle_timeout: 1,
    onnotice: () => {},
    // Its settings are what a server says first to whom it has let in.
    onparameter: () => letIn.resolve(),
    onclose: () => {
      open = false;
      onClose();
    },
    connection: {
      application_name: settings.applicationName,
      ...(isPooled ? told.startup : plan.target.settings),
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
    refuse: (end) => {
      if (end === "late") return late === "connection" ? unanswered(settings) : databaseError(late);
      return databaseError(hungUp.aborted ? "connection" : "cancelled");
    },
  });
  try {
    // `reserve()` by itself would try a second time after a failure (it stays in the driver's queue), and a statement
    // sent while connecting could go out after its `startBy`. So: prove the connection first, then keep it.
    const proof = Promise.resolve(withoutOrigin(client.unsafe(isPooled ? FORMS_ASKED : FORMS_TEXT)));
    const opening = proof.then(() => client.reserve());
    if (isPooled) {
      await withDeadline(Promise.race([letIn.promise, opening]), deadline("connection"));
      onLetIn();
    }
    const sql = await withDeadline(opening, deadline(isPooled ? "exhausted" : "connection"));
    const cancel = (query: Query) => cancelled(client, query);
    const [first] = await proof;
    return {
      sql,
      toldText: told.text(first?.differ === true),
      open: () => open,
      onClose: (listener) => {
        onClose = listener;
      },
      destroy,
      cancel,
      timeoutMs: startupTimeoutMs,
      reasonOf,
    };
  } catch (error) {
    const reason = await reasonOf(error);
    await destroy();
    if (codeOf(reason) === CONNECT_TIMEOUT) return null;
    throw toPostgresError(reason, "connecting");
  }
}

/** In the driver's word for it. */
function unanswered({ connectTimeoutMs }: DatabaseSettings): DatabaseError {
  const said = new Error(`no answer within the connect timeout, ${connectTimeoutMs} ms`);
  return databaseError("connection", Object.assign(said, { code: CONNECT_TIMEOUT }));
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
