/**
 * What the rest of this folder needs of a driver: a connection that is being opened and can be cut, and a session that
 * runs one statement at a time. `vendor` is the real one.
 */
import type { Bind } from "./binds.ts";

export interface Session {
  /** Runs one statement, and commits it where that is asked for; resolves to its rows. */
  execute(text: string, binds: readonly Bind[], autoCommit: boolean): Promise<Record<string, unknown>[]>;
  /** Begins to read a query's result, without committing; a session has one at a time. */
  openCursor(text: string, binds: readonly Bind[], batchRows: number): Promise<void>;
  /** The next rows of it; fewer than `batchRows` are the last. */
  nextRows(batchRows: number): Promise<Record<string, unknown>[]>;
  /** Does nothing where none is open. */
  closeCursor(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Asks the server to stop what runs. Its statement then fails with ORA-01013, when and if the server answers. */
  interrupt(): Promise<void>;
  /** False once the driver knows that the connection is closed or broken. */
  healthy(): boolean;
  /** True when a statement left a transaction open, such as `select … for update`. */
  inTransaction(): boolean;
  /** Takes leave of the server, which rolls back what is open. Waits for what runs, and for the server's answer. */
  close(): Promise<void>;
}

export interface Dialled {
  readonly session: Promise<Session>;
  /** Destroys the sockets of this connection, those that are still to be opened too. At once, whatever runs. */
  cut(): void;
}

export interface DialRequest {
  readonly user: string;
  readonly password: string;
  readonly connectString: string;
  readonly applicationName: string;
  /** The bound of the driver's own handshake, in milliseconds. It does not cover logging on. */
  readonly timeoutMs: number;
}

/** Begins to open one connection. */
export type Dial = (request: DialRequest) => Promise<Dialled>;
