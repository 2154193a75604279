/**
 * The database port: what a driver has to do, and no more.
 *
 * Map of this folder: `port` (this file) with its `settings`, `sql` (statements as values), one folder per driver, and
 * `wire` (how any PostgreSQL speaks). What all drivers share: `queue` (the line in front of connections), `turns` (in
 * front of a single one), `transaction` (its life), `hand-over` (a stream's rows), `bind-values` and `bind-count`,
 * `unfit-values` (what no SQL can hold), `failure` (faults in words) and `error-table` (which one an error is),
 * `explained` (in the vendor's words), `driver-package` (not installed). What those with several connections share:
 * `pooled` (the database), `lanes` and `lane` with its `connections` (each at `rest`) and `openings`, `connection` and its `channel`
 * (what runs on one), `held-transaction`, `stop` (of what must not go on), `proof` (that one is there), `time-left`,
 * `unsent` (what may be asked again). `faults` wraps a driver in trouble, `absent` stands where there is none. Of
 * errors of others `fault-of` says what they are, `handed-on` how they are answered.
 *
 * A driver turns every error of its vendor into a {@link DatabaseError}; what that means for the breaker is decided
 * once, in `lib/guard`.
 */
import { TidegateError } from "../errors.ts";
import type { Lane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { DatabaseSettings } from "./settings.ts";
import type { Statement } from "./sql.ts";

export type { DatabaseSettings } from "./settings.ts";

/**
 * What went wrong, in the only terms the guard needs:
 * - `connection`: refused, reset, DNS, TLS, authentication, server starting up or shutting down
 * - `exhausted`: no connection within the wait, or the server said "too many clients"
 * - `timeout`: the statement ran into its deadline
 * - `cancelled`: the caller gave up, or an operator cancelled the statement
 * - `statement`: the statement is wrong or violates something
 */
export type Fault = "connection" | "exhausted" | "timeout" | "cancelled" | "statement";

/** The contract's code of each fault (the HTTP contract's table of codes). */
export const CODE_OF_FAULT: Readonly<Record<Fault, DatabaseCode>> = {
  connection: "DB_CONNECTION_FAILED",
  exhausted: "DB_POOL_EXHAUSTED",
  timeout: "DB_QUERY_TIMEOUT",
  cancelled: "DB_QUERY_TIMEOUT",
  statement: "DB_QUERY_ERROR",
};
/** What clients see of a fault. */
export type DatabaseCode = "DB_CONNECTION_FAILED" | "DB_POOL_EXHAUSTED" | "DB_QUERY_TIMEOUT" | "DB_QUERY_ERROR";

/**
 * A driver's error in Tidegate's terms. `message` is a sentence fit for a client: no driver text, host, user or SQL.
 *
 * The vendor's error is kept apart from `cause`, which consoles and frameworks print: it may hold connection secrets,
 * and is for the log alone, which redacts it.
 *
 * @example
 * ```ts
 * if (error instanceof DatabaseError && error.vendorCode === "23505") return c.text("It is there already.", 409);
 * ```
 */
export class DatabaseError extends TidegateError {
  /** `DatabaseError`, or `CommitUnknown`. */
  override readonly name: string = "DatabaseError";
  /** What went wrong, for the breaker and for programs. */
  readonly fault: Fault;
  /** The vendor's own code, such as `57014` or `ECONNREFUSED`, when there is one. */
  readonly vendorCode: string | undefined;
  /** Behind which gate it happened, as the guard that let the call in has noted; `main` is the database's. */
  gate: string | undefined;
  readonly #vendorError: unknown;

  /** For drivers; `cause` goes to {@link vendorError} and is never printed. */
  constructor(fault: Fault, message: string, options: { vendorCode?: string | undefined; cause?: unknown } = {}) {
    super(message);
    this.fault = fault;
    this.vendorCode = options.vendorCode;
    this.#vendorError = options.cause;
  }

  /** What the driver threw. Only for a log that redacts. */
  vendorError(): unknown {
    return this.#vendorError;
  }

  /** The contract's code of {@link fault}, as the answer has it. */
  get code(): DatabaseCode {
    return CODE_OF_FAULT[this.fault];
  }
}

/**
 * The answer to a commit was lost, or did not come in time: whether the changes were made is not known, and only a look
 * at the database tells. Who sends the work again does it twice, unless the work can bear that.
 *
 * @example
 * ```ts
 * if (error instanceof CommitUnknown) return (await isBooked(c.var.db, order)) ? done(c) : again(c);
 * ```
 */
export class CommitUnknown extends DatabaseError {
  /** Always `CommitUnknown`. */
  override readonly name = "CommitUnknown";

  /** For drivers: `fault` is how the answer was lost. */
  constructor(fault: Fault, options: { vendorCode?: string | undefined; cause?: unknown } = {}) {
    super(fault, "The database did not confirm the commit: it is not known whether the changes were made.", options);
  }
}

/** The conditions under which one statement may run. The guard gets them from the permit. */
export interface Execution {
  /** Whose connections it takes. */
  readonly lane: Lane;
  /** Longest the statement may run at the server, in milliseconds; also its server-side timeout. */
  readonly deadlineMs: number;
  /** On {@link Runtime.monotonicMs}: the statement is sent before this moment or not at all. */
  readonly startBy: number;
  /** The same on {@link Runtime.wallMs}, which goes on where the machine sleeps; see {@link isTooLate}. */
  readonly startByWallMs?: number;
  /** On {@link Runtime.monotonicMs}: until when a connection may be waited for; one that is being opened has its chance. */
  readonly connectBy: number;
  /** Aborted on the deadline and when the caller gives up. */
  readonly signal: AbortSignal;
  /** Told when there is a connection: what was until then is no time of the database's. */
  readonly onConnection?: () => void;
}

/** A statement may not be sent any more: by whichever clock says that the time is over. */
export function isTooLate(start: Pick<Execution, "startBy" | "startByWallMs">, runtime: Runtime): boolean {
  const { startBy, startByWallMs = Number.POSITIVE_INFINITY } = start;
  return runtime.monotonicMs() >= startBy || runtime.wallMs() >= startByWallMs;
}

/** The instance's own connections of the lane `request`, as they are at this moment: `slow` has its own, apart. */
export interface PoolState {
  /** Connections that are kept, by `DB_POOL_SIZE`. */
  readonly size: number;
  /** Connections in use. */
  readonly checkedOut: number;
  /** Connections that are open and free. */
  readonly checkedIn: number;
  /** Connections open beyond `size`. */
  readonly overflow: number;
  /** Connections at most: `size` and what may overflow. */
  readonly maxCapacity: number;
  /** Calls of this instance that hold a permit and wait for a connection. */
  readonly waiting: number;
}

/** What a driver can do, for those who have to know. */
export interface DatabaseTraits {
  /** The server itself ends a statement at its deadline. */
  readonly serverTimeout: boolean;
  /** An abort stops the statement without ending the whole database. */
  readonly cancels: boolean;
  /** More than one statement can run at a time. */
  readonly concurrent: boolean;
  /** A stream's rows are read as they are wanted. Without it the whole result is read first, into memory. */
  readonly streams: boolean;
}

/** How much a transaction may see of what others do meanwhile; by the SQL standard, as far as databases have it. */
export type IsolationLevel = "read committed" | "repeatable read" | "serializable";
export const ISOLATION_LEVELS: readonly IsolationLevel[] = ["read committed", "repeatable read", "serializable"];

/** What is left out is as the database has it by default. */
export interface TransactionMode {
  /** Default: the database's own. */
  readonly isolation?: IsolationLevel | undefined;
  /** The database refuses whatever would write. */
  readonly readOnly?: boolean | undefined;
}

/** A connection in a transaction. Statements run one after another, however they are asked for. */
export interface HeldConnection {
  /**
   * Runs one statement in the transaction and resolves to its rows.
   *
   * @throws DatabaseError as {@link Database.query}; Error when the transaction is over.
   */
  query<Row>(statement: Statement): Promise<Row[]>;
}

/**
 * Takes a stream's rows, a batch at a time, and resolves when more are wanted: to false when none are. `last` says that
 * none follow; nobody waits for an answer then. Never rejects.
 */
export type TakeRows<Row> = (rows: Row[], last: boolean) => Promise<boolean>;

/** A database as a driver has it; {@link GuardedDatabase} is what handlers hold. */
export interface Database {
  /** Which driver it is; `none`: connections are the application's own, or there are none. */
  readonly kind: "postgres" | "oracle" | "pglite" | "none";
  /** Where it is, for people: no user, no password. */
  readonly address: string;
  /** What it can do. */
  readonly traits: DatabaseTraits;
  /**
   * Runs one statement and resolves to its rows.
   *
   * Settles only when the statement has ended at the server or its connection was destroyed, because the permit is
   * released then. Rejects with a {@link DatabaseError} and nothing else.
   */
  query<Row>(statement: Statement, execution: Execution): Promise<Row[]>;
  /**
   * Runs `task` in a transaction on one connection: commits when it resolves, rolls back when it rejects, when the
   * signal aborts, and `deadlineMs` after this call, whatever `task` does then. Every statement's server-side timeout is
   * what is left of that. A connection that cannot be rolled back within the driver's grace is destroyed.
   *
   * Settles when the transaction has ended at the server or its connection was destroyed. Rejects with what `task`
   * rejected with, with a {@link DatabaseError}, or with {@link CommitUnknown}.
   */
  transaction<Value>(
    execution: Execution,
    mode: TransactionMode,
    task: (held: HeldConnection) => Promise<Value>,
  ): Promise<Value>;
  /**
   * Hands the rows of a reading statement to `take`, at most `batchRows` at a time and the next only when they are
   * wanted, within one `deadlineMs` from this call on, the time of `take` included.
   *
   * Settles and rejects as {@link query}; what `take` does after an abort or the deadline is not waited for.
   */
  stream<Row>(statement: Statement, execution: Execution, batchRows: number, take: TakeRows<Row>): Promise<void>;
  /** The cheapest round trip that proves the database answers. Rejects as {@link query}. */
  ping(execution: Execution): Promise<void>;
  /**
   * The same database for one request, with connections that nobody else uses and nobody has to close. Only where a
   * connection cannot outlive the request it was opened in.
   */
  forRequest?(): Database;
  /** True while there is none: nothing is known of it then, and nothing can be wrong with it. */
  readonly isAbsent?: () => boolean;
  /** The connections of the lane `request` at this moment; asks nobody. */
  pool(): PoolState;
  /** Ends all connections, running statements included, after at most `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** What `postgres(url)` and its siblings return: cheap, connected to nothing, opened by `tidegate()`. */
export interface DatabaseAdapter {
  /** Which driver it is. */
  readonly kind: Database["kind"];
  /** Where it is, for people: no user, no password. */
  readonly address: string;
  /** What no log may show: a password given in code is in no environment. */
  readonly secrets: readonly string[];
  /**
   * Makes a database, which connects to nothing until it is asked. Called by `tidegate()`, and at each soft restart.
   *
   * @throws TypeError where its driver cannot run on this platform.
   */
  open(settings: DatabaseSettings, runtime: Runtime): Database;
}
