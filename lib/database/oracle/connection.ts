/** What runs on one connection: a statement by itself, or a transaction. */
import { databaseError } from "../failure.ts";
import type { Held } from "../lane.ts";
import { type Execution, isTooLate, type TransactionMode } from "../port.ts";
import { stopping } from "../stop.ts";
import type { Bind } from "./binds.ts";
import { type ConnectionPlan, callTimeoutMs, type Opened, openClient, stopPlan } from "./client.ts";
import { createLine } from "./line.ts";
import { type HeldSession, transactionOn } from "./transaction.ts";
import { changesSession } from "./words.ts";

export interface Connection extends Held {
  run(text: string, binds: readonly Bind[], execution: Execution): Promise<unknown[]>;
  /** `deadlineAt` is on the monotonic clock: the wait for this connection has taken from the transaction's time. */
  transaction<Value>(
    execution: Execution,
    deadlineAt: number,
    mode: TransactionMode,
    task: (held: HeldSession) => Promise<Value>,
  ): Promise<Value>;
}

/** @throws DatabaseError as `openClient`. */
export async function connect(plan: ConnectionPlan): Promise<Connection> {
  return connection(plan, await openClient(plan));
}

function connection(plan: ConnectionPlan, opened: Opened): Connection {
  const { runtime } = plan;
  const line = createLine(opened, plan.closing);

  async function send(text: string, binds: readonly Bind[], execution: Execution): Promise<unknown[]> {
    if (isTooLate(execution, runtime)) throw databaseError("exhausted");
    return line.call((session) => session.execute(text, binds, callTimeoutMs(execution.deadlineMs), true));
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
      const stop = stopping(line, execution, stopPlan(plan));
      try {
        const rows = await stop.answer(send(text, binds, execution));
        if (line.hasLooseBreak() || changesSession(text)) line.retire();
        return rows;
      } catch (error) {
        throw line.judge(error, stop);
      } finally {
        stop.ended();
        await line.settle();
      }
    },
    transaction: async (execution, deadlineAt, mode, task) => {
      start();
      return transactionOn(line, plan, execution, deadlineAt, mode, task);
    },
  };
}
