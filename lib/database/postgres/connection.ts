/**
 * What runs on one connection: a statement by itself, or a transaction; and which `statement_timeout` it has. Behind a
 * pooler a statement by itself is a transaction of one.
 */
import { databaseError } from "../failure.ts";
import type { Held } from "../lane.ts";
import { type Execution, isTooLate, type TransactionMode } from "../port.ts";
import { assertWanted, type Stopping, stopping } from "../stop.ts";
import type { Bind } from "../wire/binds.ts";
import { type ConnectionPlan, type Opened, openClient, serverTimeoutMs, stopPlan } from "./client.ts";
import { toPostgresError } from "./errors.ts";
import { createLine, plainRows, type Rows } from "./line.ts";
import { type HeldLine, transactionOn } from "./transaction.ts";

export interface Connection extends Held {
  run(text: string, binds: Bind[], execution: Execution): Promise<unknown[]>;
  /** `deadlineAt` is on the monotonic clock: the wait for this connection has taken from the transaction's time. */
  transaction<Value>(
    execution: Execution,
    deadlineAt: number,
    mode: TransactionMode,
    task: (held: HeldLine) => Promise<Value>,
  ): Promise<Value>;
}

/** Takes and throws what `openClient` does. */
export async function connect(...[plan, ...rest]: Parameters<typeof openClient>): Promise<Connection> {
  return connection(plan, await openClient(plan, ...rest));
}

function connection(plan: ConnectionPlan, opened: Opened): Connection {
  const { runtime } = plan;
  const line = createLine(opened, plan.closing);
  let timeoutMs = opened.timeoutMs;

  /** A round trip of its own only when the deadline differs from what the session has, which in a lane is rare. */
  async function inSession(text: string, binds: Bind[], execution: Execution, stop: Stopping): Promise<Rows> {
    const wantedMs = serverTimeoutMs(execution.deadlineMs);
    if (timeoutMs !== wantedMs) {
      timeoutMs = undefined;
      await line.control(`set statement_timeout = ${wantedMs}`);
      timeoutMs = wantedMs;
      assertWanted(stop);
    }
    assertInTime(execution);
    return line.statement(text, binds);
  }

  async function alone(text: string, binds: Bind[], execution: Execution): Promise<unknown[]> {
    const stop = stopping(line, execution, stopPlan(plan));
    try {
      const rows = await stop.answer(inSession(text, binds, execution, stop));
      // The cancel came too late for this statement and may be on its way to the next.
      if (line.hasLooseCancel()) line.retire();
      return plainRows(rows);
    } catch (error) {
      throw line.judge(error, stop);
    } finally {
      stop.ended();
    }
  }

  /** Behind a pooler nothing may outlive a transaction, and nobody else is hit by a cancel while one is open. */
  async function inTransaction(text: string, binds: Bind[], execution: Execution): Promise<unknown[]> {
    const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
    try {
      return await transactionOn(line, plan, execution, deadlineAt, {}, (held) => {
        assertInTime(execution);
        return held.statement(text, binds);
      });
    } catch (error) {
      throw toPostgresError(error);
    }
  }

  function assertInTime(execution: Execution): void {
    if (isTooLate(execution, runtime)) throw databaseError("exhausted");
  }

  function start(): void {
    if (plan.closing.aborted) {
      line.retire();
      throw databaseError("cancelled");
    }
    line.renew();
  }

  return {
    usable: line.usable,
    destroy: line.destroy,
    run: async (text, binds, execution) => {
      start();
      return plan.settings.pooler === "none" ? alone(text, binds, execution) : inTransaction(text, binds, execution);
    },
    transaction: async (execution, deadlineAt, mode, task) => {
      start();
      return transactionOn(line, plan, execution, deadlineAt, mode, task);
    },
  };
}
