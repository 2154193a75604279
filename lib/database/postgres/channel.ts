/** The wire of one connection: one statement on it at a time, prepared by name, cancelled at the server. */
import type postgres from "postgres";
import { type Channel, createFitness } from "../channel.ts";
import { databaseError } from "../failure.ts";
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

export interface PostgresChannel extends Channel {
  /** Words of our own, which may be several statements. */
  control(text: string): Promise<Rows>;
  /** The same for the first of a transaction: behind a pooler it is told why nothing came of them. */
  begin(text: string): Promise<Rows>;
  /** One statement of a caller's. */
  statement(text: string, binds: Bind[]): Promise<Rows>;
}

/** Only what giving it up needs, so that no platform's types are asked for. */
type Stream = { on(event: "error", listener: () => void): unknown };
/** Only what a cancel needs; the driver types the rest per row. */
type Query = { cancel(): void };

export function createChannel(opened: Opened, closing: AbortSignal): PostgresChannel {
  const prepared = new Set<string>();
  const { cancelling, ...fitness } = createFitness(
    {
      open: opened.open,
      toError: toPostgresError,
      // The server's own timeout has the same code and leaves a cancel on its way.
      answersCancel: ({ vendorCode, fault }) => vendorCode === "57014" && fault === "cancelled",
    },
    closing,
  );
  let current: Query | undefined;
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
    ...fitness,
    destroy: opened.destroy,
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
      if (changesSession(command) && !endsWithTransaction(command, text)) fitness.retire();
      return rows;
    },
    cancel: () => {
      if (current === undefined) return;
      cancelling();
      // `query.cancel()` drops the promise of the cancel request, whose failure would end the process as an unhandled
      // rejection; what it calls inside is the same.
      const { canceller } = current as unknown as { canceller?: (query: Query) => Promise<void> };
      if (canceller === undefined || canceller === null) current.cancel();
      else cancelSent = canceller(current).catch(() => {});
    },
    // Its own connection is closed then. PgBouncer before 1.20 ends, and all it serves with it, when who asks for a cancel
    // is gone before that was passed on (its issue 801): as where the process, or on Workers the request, ends soon.
    cancelSent: () => cancelSent,
    // The end of each statement by itself is the end of its transaction.
    settle: () => Promise.resolve(),
  };
}
