/**
 * The wire of one connection: one statement on it at a time, prepared by name, cancelled at the server; and whether it
 * may carry another when that one has ended.
 */
import type postgres from "postgres";
import { databaseError } from "../failure.ts";
import type { DatabaseError } from "../port.ts";
import type { Stopping } from "../stop.ts";
import type { Bind } from "../wire/binds.ts";
import { copyRefused } from "../wire/copy.ts";
import { changesSession, endsWithTransaction } from "../wire/transactions.ts";
import { type Opened, withoutOrigin } from "./client.ts";
import { toPostgresError } from "./errors.ts";

/** Statements prepared by name on one connection; more distinct texts than this run unnamed, or the server would fill. */
const MAX_PREPARED = 256;
export type Rows = postgres.RowList<postgres.Row[]>;

/** Without what the driver hangs on them. By hand: a copy of a subclass of Array is ten times slower. */
export function plainRows(rows: Rows): unknown[] {
  const plain = new Array<unknown>(rows.length);
  for (let index = 0; index < rows.length; index += 1) plain[index] = rows[index];
  return plain;
}

export interface Line {
  /** False once it was closed by either side, or has become unfit for another statement. */
  usable(): boolean;
  /** False once it was closed by either side. */
  open(): boolean;
  /** It carries nothing more once what it carries has ended. */
  retire(): void;
  /** Words of our own, which may be several statements. */
  control(text: string): Promise<Rows>;
  /** The same for the first of a transaction: behind a pooler it is told why nothing came of them. */
  begin(text: string): Promise<Rows>;
  /** One statement of a caller's. */
  statement(text: string, binds: Bind[]): Promise<Rows>;
  /** Forgets the cancel of an earlier task. */
  renew(): void;
  /** Asks the server to stop what is under way. */
  cancel(): void;
  /** Resolves when the cancel, if there was one, has arrived or come to nothing: its own connection is closed then. */
  cancelSent(): Promise<void>;
  /** A cancel was sent whose effect nobody has seen: it may be on its way to whatever is sent next. */
  hasLooseCancel(): boolean;
  /** What an error is to the caller, seeing that it may have come of `stop`. Retires the line where it has to. */
  judge(error: unknown, stop: Stopping): DatabaseError;
  destroy(): Promise<void>;
}

/** Only what giving it up needs, so that no platform's types are asked for. */
type Stream = { on(event: "error", listener: () => void): unknown };
/** Only what a cancel needs; the driver types the rest per row. */
type Query = { cancel(): void };

export function createLine(opened: Opened, closing: AbortSignal): Line {
  const prepared = new Set<string>();
  let fit = true;
  let current: Query | undefined;
  let looseCancel = false;
  let cancelSent = Promise.resolve();

  async function send(text: string, binds: Bind[], options: postgres.UnsafeQueryOptions): Promise<Rows> {
    // Called in the turn in which it is known to be open: the driver writes to a closed socket without looking.
    if (!opened.open()) throw databaseError("connection");
    const query = withoutOrigin(opened.sql.unsafe(text, binds as never[], options));
    current = query;
    try {
      const rows = await query;
      if (!Array.isArray(rows)) return await refuseCopy(rows);
      return rows;
    } finally {
      current = undefined;
    }
  }

  /** For `copy` from or to the client the driver gives a stream, and the connection does nothing else until that ends. */
  async function refuseCopy(copying: Stream): Promise<never> {
    // It ends with the connection, in an error that would otherwise end the process.
    copying.on("error", () => {});
    await opened.destroy();
    throw copyRefused();
  }

  const control = (text: string): Promise<Rows> => send(text, [], { prepare: false });

  return {
    usable: () => fit && opened.open(),
    open: opened.open,
    retire: () => {
      fit = false;
    },
    control,
    begin: (text) =>
      control(text).catch(async (error: unknown) => {
        throw await opened.reasonOf(error);
      }),
    statement: async (text, binds) => {
      const byName = prepared.has(text) || prepared.size < MAX_PREPARED;
      if (byName) prepared.add(text);
      // `simple: false`: without binds the driver would allow several statements in one text.
      const rows = await send(text, binds, { prepare: byName, simple: false } as postgres.UnsafeQueryOptions);
      const { command = "" } = rows;
      if (changesSession(command) && !endsWithTransaction(command, text)) fit = false;
      return rows;
    },
    renew: () => {
      looseCancel = false;
    },
    cancel: () => {
      if (current === undefined) return;
      looseCancel = true;
      // `query.cancel()` drops the promise of the cancel request, whose failure would end the process as an unhandled
      // rejection; what it calls inside is the same.
      const { canceller } = current as unknown as { canceller?: (query: Query) => Promise<void> };
      if (canceller === undefined || canceller === null) current.cancel();
      else cancelSent = canceller(current).catch(() => {});
    },
    cancelSent: () => cancelSent,
    hasLooseCancel: () => looseCancel,
    judge: (error, stop) => {
      const found = toPostgresError(error);
      // The server's own timeout has the same code and leaves a cancel on its way.
      if (found.vendorCode === "57014" && found.fault === "cancelled") looseCancel = false;
      if (found.fault === "connection" || looseCancel) fit = false;
      if (closing.aborted && found.fault === "connection") return databaseError("cancelled", error);
      const fault = stop.fault();
      return fault === undefined || found.fault === "statement"
        ? found
        : databaseError(fault, found.vendorError() ?? error);
    },
    destroy: opened.destroy,
  };
}
