/**
 * Statements on one connection, and what is known of it: whether it lives, which `statement_timeout` it has, which
 * statements it has prepared.
 */
import type postgres from "postgres";
import { databaseError } from "../failure.ts";
import type { Held } from "../lane.ts";
import type { Execution } from "../port.ts";
import { stopping } from "../stop.ts";
import type { Bind } from "../wire/binds.ts";
import { toDatabaseError } from "../wire/errors.ts";
import { type ConnectionPlan, type Opened, openClient, serverTimeoutMs } from "./client.ts";

/** The server's own timeout gets this long to arrive before a cancel, which can hit a later statement, is risked. */
const SERVER_TIMEOUT_HEADROOM_MS = 500;
/** Statements prepared by name on one connection; more distinct texts than this run unnamed, or the server would fill. */
const MAX_PREPARED = 256;
/** These change the session for whoever comes next, so the connection is not used again. */
const SESSION_COMMAND = /^(BEGIN|START TRANSACTION|SET|RESET|DISCARD|LISTEN|PREPARE|LOAD)/;

export interface Connection extends Held {
  run(text: string, binds: Bind[], execution: Execution): Promise<unknown[]>;
}

/** Only what a cancel needs; the driver types the rest per row. */
type Query = { cancel(): void };

/** @throws DatabaseError as `openClient`. */
export async function connect(plan: ConnectionPlan, execution: Execution): Promise<Connection> {
  return connection(plan, await openClient(plan, execution));
}

function connection(plan: ConnectionPlan, opened: Opened): Connection {
  const { runtime } = plan;
  const { sql } = opened;
  const prepared = new Set<string>();
  let timeoutMs = opened.timeoutMs;
  let fit = true;
  let current: Query | undefined;
  let cancelSent = false;

  async function send(
    text: string,
    binds: Bind[],
    options: postgres.UnsafeQueryOptions,
  ): Promise<postgres.RowList<postgres.Row[]>> {
    // Called in the turn in which it is known to be open: the driver writes to a closed socket without looking.
    if (!opened.open()) throw databaseError("connection");
    const query = sql.unsafe(text, binds as never[], options);
    current = query;
    try {
      return await query;
    } finally {
      current = undefined;
    }
  }

  const control = (text: string): Promise<unknown> => send(text, [], { prepare: false });

  async function sendStatement(text: string, binds: Bind[], startBy: number): Promise<unknown[]> {
    if (runtime.monotonicMs() >= startBy) throw databaseError("exhausted");
    const byName = prepared.has(text) || prepared.size < MAX_PREPARED;
    if (byName) prepared.add(text);
    // `simple: false`: without binds the driver would allow several statements in one text.
    const rows = await send(text, binds, { prepare: byName, simple: false } as postgres.UnsafeQueryOptions);
    if (SESSION_COMMAND.test(rows.command ?? "")) fit = false;
    return Array.from(rows);
  }

  /** A round trip of its own only when the deadline differs from what the session has, which in a lane is rare. */
  async function inSession(text: string, binds: Bind[], execution: Execution): Promise<unknown[]> {
    const wantedMs = serverTimeoutMs(execution);
    if (timeoutMs !== wantedMs) {
      timeoutMs = undefined;
      await control(`set statement_timeout = ${wantedMs}`);
      timeoutMs = wantedMs;
    }
    return sendStatement(text, binds, execution.startBy);
  }

  /** Behind a transaction pooler nothing outlives a transaction, and the next one may be on another session. */
  async function inTransaction(text: string, binds: Bind[], execution: Execution): Promise<unknown[]> {
    await control(`begin; set local statement_timeout = ${serverTimeoutMs(execution)}`);
    try {
      const rows = await sendStatement(text, binds, execution.startBy);
      await control("commit");
      return rows;
    } catch (error) {
      await control("rollback").catch(opened.destroy);
      throw error;
    }
  }

  function cancel(): void {
    if (current === undefined) return;
    cancelSent = true;
    // `query.cancel()` drops the promise of the cancel request, whose failure would end the process as an unhandled
    // rejection; what it calls inside is the same.
    const { canceller } = current as unknown as { canceller?: (query: Query) => Promise<void> };
    if (canceller === undefined || canceller === null) current.cancel();
    else canceller(current).catch(() => {});
  }

  async function run(text: string, binds: Bind[], execution: Execution): Promise<unknown[]> {
    if (plan.closing.aborted) {
      fit = false;
      throw databaseError("cancelled");
    }
    cancelSent = false;
    const stop = stopping({ cancel, destroy: opened.destroy }, execution, {
      graceMs: plan.graceMs,
      headroomMs: SERVER_TIMEOUT_HEADROOM_MS,
      runtime,
    });
    const work = (plan.settings.pooler === "none" ? inSession : inTransaction)(text, binds, execution);
    try {
      const rows = await Promise.race([work, stop.destroyed]);
      if (rows === undefined) throw databaseError(stop.fault() ?? "timeout");
      // The cancel came too late for this statement and may be on its way to the next.
      if (cancelSent) fit = false;
      return rows;
    } catch (error) {
      const found = toDatabaseError(error);
      if (found.fault === "connection" || (cancelSent && found.vendorCode !== "57014")) fit = false;
      if (plan.closing.aborted && found.fault === "connection") throw databaseError("cancelled", error);
      const fault = stop.fault();
      throw fault === undefined || found.fault === "statement"
        ? found
        : databaseError(fault, found.vendorError() ?? error);
    } finally {
      stop.ended();
    }
  }

  return { usable: () => fit && opened.open(), run, destroy: opened.destroy };
}
