/** What is asked of `pg`, by its shape: nothing here imports it, so whatever has that shape is guarded alike. */

/** A pool of `pg`, or of a library that is made like it. */
export interface PgPool {
  /** A connection until it is released. Throws as `pg` has it. */
  connect(...given: never[]): unknown;
  /** A statement by itself. Throws as `pg` has it. */
  query(...given: never[]): unknown;
  /** Closes it. Throws as `pg` has it. */
  end(...given: never[]): unknown;
  /** A number of connections: those that are open. */
  readonly totalCount: number;
  /** A number of connections: those that are free. */
  readonly idleCount: number;
  /** A number of calls: those that wait for a connection. */
  readonly waitingCount: number;
  /** As it was made with. */
  readonly options: object;
}

export type Callback = (error: unknown, ...results: unknown[]) => void;
export type Release = (error?: unknown) => void;

/** The options that are looked at; the rest is between a pool and its user. */
export interface PoolOptions {
  readonly max?: number;
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly database?: string;
  readonly stream?: unknown;
  connectionTimeoutMillis?: number;
  readonly statement_timeout?: unknown;
}

/** The same pool as it is used here. */
export interface RawPool {
  connect(callback?: (error: unknown, client: PgClient | undefined, release: Release) => void): unknown;
  query(...given: readonly unknown[]): unknown;
  end(...given: readonly unknown[]): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  readonly Client: new (options: PoolOptions) => PgClient;
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: PoolOptions;
  readonly ending?: boolean;
}

export interface PgClient {
  query(...given: readonly unknown[]): unknown;
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: string, listener: (error: unknown) => void): unknown;
  removeListener(event: string, listener: (error: unknown) => void): unknown;
  /** `T` and `E` in a transaction. Since pg 8.17. */
  getTransactionStatus?(): string | null;
  /** False from when a statement is sent until the server is ready for the next. */
  readonly readyForQuery?: boolean;
  /** Statements are written before the answers to those in front of them are there. */
  readonly pipeline?: boolean;
  /** Missing where it is libpq that speaks. */
  readonly connection?: PgConnection;
  readonly host?: string;
  readonly port?: number;
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

/** One socket, and what is said on it. */
export interface PgConnection {
  on(event: "connect" | "sslconnect" | "error" | "end", listener: () => void): unknown;
  connect(portOrPath: number | string | undefined, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
  once(event: "end", listener: Callback): unknown;
  removeListener(event: "end", listener: Callback): unknown;
  readonly stream?: { destroy?(): unknown; readonly destroyed?: boolean };
  readonly ssl?: unknown;
  readonly sslNegotiation?: string;
}

/** A statement that is an object of its own: `pg.Query`, a cursor, a query stream, a copy. */
export interface Submittable {
  submit(connection: unknown): unknown;
  handleError(error: unknown, connection: unknown): unknown;
  handleReadyForQuery(connection: unknown): unknown;
  handlePortalSuspended?(connection: unknown): unknown;
  callback?: Callback | null;
  readonly text?: unknown;
}

export interface Cursor {
  read(rows: number, callback?: Callback): unknown;
  close(callback?: Callback): unknown;
  readonly connection: PgConnection | null;
}

export const isSubmittable = (given: unknown): given is Submittable =>
  typeof given === "object" && given !== null && "submit" in given && typeof given.submit === "function";
