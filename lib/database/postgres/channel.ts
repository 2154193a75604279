/** The wire of one connection: one statement on it at a time, prepared by name, cancelled at the server. */
import type postgres from "postgres";
import { type Channel, createFitness } from "../channel.ts";
import type { ConnectionPlan } from "../connection.ts";
import { codeOf, databaseError } from "../failure.ts";
import { DatabaseError } from "../port.ts";
import { createProof, type Proof } from "../proof.ts";
import type { Bind } from "../wire/binds.ts";
import { changesSession, endsWithTransaction, leavesBehind } from "../wire/transactions.ts";
import type { Opened } from "./client.ts";
import { toPostgresError } from "./errors.ts";
import { type Rows, roundTripsOn } from "./round-trips.ts";

export type { Rows } from "./round-trips.ts";

/** Statements prepared by name on one connection; more distinct texts than this run unnamed, or the server would fill. */
const MAX_PREPARED = 256;
/** And so many of them are forgotten, which the server keeps all the same, before the connection is replaced. */
const MAX_FORGOTTEN = 16;
/** A value that does not fit the type of its bind, which is that of its column at the time of preparing. */
const DATA_EXCEPTION = /^22/;
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
  /** A caller's statement of this text was prepared here before: what it says of its tables may be outdated. */
  knows(text: string): boolean;
  readonly proof: Proof;
  /** The `statement_timeout` in force; undefined where it is not known. */
  timeoutMs: number | undefined;
  /** Said behind each `begin`. May be empty. */
  readonly toldText: string;
}

/** The code, not the words, which are in the server's language. */
const ENDED_EARLY = "57014";
/** None begins with E, as `EPIPE` does. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/;
/** By so much the clocks of two machines may differ over the same time. */
const CLOCK_DRIFT = 0.001;

export function createChannel(opened: Opened, plan: ConnectionPlan): PostgresChannel {
  const { closing, runtime } = plan;
  const proof = createProof(opened.destroy, plan);
  /** By the texts of callers; as the driver has them, which keeps each for good, they end in as many spaces. */
  const prepared = new Map<string, number>();
  let forgotten = 0;
  const { cancelling, ...fitness } = createFitness(
    {
      open: opened.open,
      toError,
      isAnswer: ({ vendorCode = "" }) => SQLSTATE.test(vendorCode),
      // The server's own timeout has the same code and leaves a cancel on its way.
      answersCancel: ({ vendorCode, fault }) => vendorCode === ENDED_EARLY && fault === "cancelled",
    },
    closing,
  );
  const trips = roundTripsOn(opened, runtime, proof, fitness.assertOpen);
  const { send } = trips;
  let cancelSent = Promise.resolve();

  /** The server ends a statement with one code at its timeout and on request. When the first was due is known here. */
  function toError(error: unknown): DatabaseError {
    const found = toPostgresError(error);
    const { timeoutMs = Number.POSITIVE_INFINITY } = channel;
    if (error instanceof DatabaseError || found.vendorCode !== ENDED_EARLY) return found;
    const tookMs = runtime.monotonicMs() - trips.sentAt();
    return tookMs < timeoutMs * (1 - CLOCK_DRIFT) - 1 ? found : databaseError("timeout", error);
  }

  /** The next time it is prepared anew. */
  function forget(text: string): void {
    prepared.set(text, (prepared.get(text) ?? 0) + 1);
    forgotten += 1;
    if (forgotten > MAX_FORGOTTEN) fitness.retire();
  }

  const control = (text: string): Promise<Rows> => send(text, [], { prepare: false });

  const channel: PostgresChannel = {
    ...fitness,
    timeoutMs: opened.timeoutMs,
    toldText: opened.toldText,
    proof,
    knows: (text) => prepared.has(text),
    destroy: opened.destroy,
    control,
    begin: (text) =>
      control(text).catch(async (error: unknown) => {
        throw await opened.reasonOf(error);
      }),
    statement: async (text, binds) => {
      const known = prepared.get(text);
      // Whatever becomes of it: a lock outlives the failure of its statement.
      if (leavesBehind(text)) fitness.retire();
      const byName = known !== undefined || prepared.size < MAX_PREPARED;
      if (byName) prepared.set(text, known ?? 0);
      // `simple: false`: without binds the driver would allow several statements in one text.
      const options = { prepare: byName, simple: false } as postgres.UnsafeQueryOptions;
      const rows = await send(text + " ".repeat(known ?? 0), binds, options).catch((error: unknown) => {
        if (known !== undefined && DATA_EXCEPTION.test(codeOf(error))) forget(text);
        throw error;
      });
      const { command = "" } = rows;
      if (changesSession(command) && !endsWithTransaction(command, text)) fitness.retire();
      return rows;
    },
    cancel: () => {
      const query = trips.current();
      if (query === undefined) return;
      cancelling();
      cancelSent = opened.cancel(query);
    },
    // Its own connection is closed then. PgBouncer before 1.20 ends, and all it serves with it, when who asks for a cancel
    // is gone before that was passed on (its issue 801): as where the process, or on Workers the request, ends soon.
    cancelSent: () => cancelSent,
    // The end of each statement by itself is the end of its transaction.
    settle: () => Promise.resolve(),
  };
  return channel;
}
