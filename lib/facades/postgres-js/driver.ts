/**
 * What is asked of postgres.js, by its shape: nothing here imports it, so that fragments and errors are of the copy that
 * the application has. What is not in its types is as its 3.4 has it.
 */

/** A `sql` of postgres.js. */
export interface PostgresSql {
  /** A statement as a text. Throws as postgres.js has it. */
  unsafe(...given: never[]): unknown;
  /** A transaction. Throws as postgres.js has it. */
  begin(...given: never[]): unknown;
  /** A connection until it is released. Throws as postgres.js has it. */
  reserve(...given: never[]): unknown;
  /** Closes all connections. Throws as postgres.js has it. */
  end(...given: never[]): unknown;
  /** As it was made with. */
  readonly options: object;
}

export type Given = readonly unknown[];
/** Sends a query; called once its promise is looked at, so never for a fragment of another one. */
export type Handler = (query: RawQuery) => unknown;
export type Settle = (value?: unknown) => void;

export interface RawQuery extends Promise<unknown> {
  handler: Handler;
  strings: readonly string[] & { readonly raw?: readonly string[] };
  readonly tagged: boolean;
  readonly options: { readonly onexecute?: (connection: DriverConnection) => boolean };
  /** Of the connection that it was sent on. */
  readonly state: object | null;
  /** What the server is at, on its connection. */
  readonly active: boolean;
  readonly statement: unknown;
  readonly onlyDescribe?: boolean;
  cursorFn?: (rows: unknown) => unknown;
  forEachFn?: (row: unknown, result: unknown) => unknown;
  resolve: Settle;
  reject: Settle;
  cancel(): void;
  cursor(...given: Given): RawQuery | AsyncIterable<unknown>;
  execute(): RawQuery;
}

/** A queue of the driver's: each connection stands in one. */
export interface DriverQueue {
  readonly length: number;
  shift(): DriverConnection | undefined;
  push(connection: DriverConnection): unknown;
}

export interface DriverConnection {
  readonly id: number;
  readonly queue: DriverQueue;
  /** Told of each end of a statement while it is reserved; null while it is not. */
  reserved: unknown;
  readonly idleTimer: { cancel(): void };
  /** Says farewell, and fails what it was asked for. */
  terminate(): void;
}

/** What statements are made with: the pool, a transaction, or a connection that is reserved. */
export interface RawTag {
  (...given: Given): unknown;
  unsafe(...given: Given): RawQuery;
  file(...given: Given): RawQuery;
}

export interface RawReserved extends RawTag {
  release(): void;
}

export interface RawSql extends RawTag {
  reserve(): Promise<RawReserved>;
  end(...given: Given): Promise<void>;
  readonly CLOSE: object;
  readonly options: RawOptions;
}

export type Socket = { destroy(): unknown };
export type MakeSocket = (options: RawOptions) => unknown;

export interface RawOptions {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
  readonly database: string;
  readonly max: number | string;
  readonly ssl?: unknown;
  /** What a session is told as it begins. */
  readonly connection?: { readonly statement_timeout?: unknown };
  /** In seconds, and so is what follows. */
  readonly connect_timeout?: number | null;
  readonly max_lifetime?: number | null | (() => number);
  socket?: MakeSocket | undefined;
  onclose?: ((id: number) => void) | undefined;
}

export const isQuery = (made: unknown): made is RawQuery =>
  typeof made === "object" && made !== null && "handler" in made && typeof made.handler === "function";

/** Where what is asked by that tag would be sent. */
export const handlerOf = (tag: RawTag): Handler => tag.unsafe("").handler;
