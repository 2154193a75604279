/** Statements on one connection, and what is known of it: whether it lives, and whether it is fit for the next caller. */
import { databaseError } from "../failure.ts";
import type { Held } from "../lane.ts";
import type { Execution } from "../port.ts";
import { stopping } from "../stop.ts";
import type { Bind } from "./binds.ts";
import { type ConnectionPlan, callTimeoutMs, type Opened, openClient } from "./client.ts";
import { toOracleError } from "./errors.ts";

/** These change the session for whoever comes next, so the connection is not used again. */
const SESSION_COMMAND = /^\s*(?:alter\s+session|set\s+(?:role|transaction|constraints?))\b/i;
/** What the driver says when the server has answered a break: both are then ready for the next statement. */
const BREAK_ANSWERED = ["ORA-01013", "NJS-123"];

export interface Connection extends Held {
  run(text: string, binds: readonly Bind[], execution: Execution): Promise<unknown[]>;
}

/** @throws DatabaseError as `openClient`. */
export async function connect(plan: ConnectionPlan, execution: Execution): Promise<Connection> {
  return connection(plan, await openClient(plan, execution));
}

function connection(plan: ConnectionPlan, opened: Opened): Connection {
  const { runtime } = plan;
  const { session } = opened;
  let fit = true;
  let running = false;
  let interrupted = false;
  let ended: Promise<void> | undefined;

  const usable = (): boolean => fit && session.healthy();

  async function send(text: string, binds: readonly Bind[], execution: Execution): Promise<unknown[]> {
    if (runtime.monotonicMs() >= execution.startBy) throw databaseError("exhausted");
    if (!usable()) throw databaseError("connection");
    running = true;
    try {
      return await session.execute(text, binds, callTimeoutMs(execution));
    } finally {
      running = false;
    }
  }

  /** Only while a statement runs: the driver would apply a break with nothing to break to the next. */
  function cancel(): void {
    interrupted = true;
    session.interrupt().catch(() => {});
  }

  function destroy(): Promise<void> {
    // A goodbye waits for what runs, and nobody knows for how long.
    const isIdle = usable() && !running;
    fit = false;
    if (!isIdle) opened.cut();
    ended ??= isIdle ? opened.leave() : Promise.resolve();
    return ended;
  }

  async function run(text: string, binds: readonly Bind[], execution: Execution): Promise<unknown[]> {
    if (plan.closing.aborted) {
      fit = false;
      throw databaseError("cancelled");
    }
    interrupted = false;
    // No headroom: Oracle has no timeout of its own that a cancel could get in the way of.
    const stop = stopping({ cancel, destroy }, execution, { graceMs: plan.graceMs, headroomMs: 0, runtime });
    const work = send(text, binds, execution);
    try {
      const rows = await Promise.race([work, stop.destroyed]);
      if (rows === undefined) throw databaseError(stop.fault() ?? "timeout");
      if (interrupted || SESSION_COMMAND.test(text)) fit = false;
      return rows;
    } catch (error) {
      const found = toOracleError(error);
      if (found.fault === "connection") fit = false;
      if (interrupted && !BREAK_ANSWERED.includes(found.vendorCode ?? "")) fit = false;
      if (plan.closing.aborted && found.fault === "connection") throw databaseError("cancelled", error);
      const fault = stop.fault();
      throw fault === undefined || found.fault === "statement"
        ? found
        : databaseError(fault, found.vendorError() ?? error, found.vendorCode);
    } finally {
      stop.ended();
      // Nobody else would end it, and closing its connection rolls it back.
      if (session.healthy() && session.inTransaction()) await destroy();
    }
  }

  return { usable, run, destroy };
}
