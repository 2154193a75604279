/** What runs on one connection of a driver that has several: a statement by itself, or a transaction. */
import type { Runtime } from "../runtime.ts";
import type { Expiry } from "../time.ts";
import type { Channel } from "./channel.ts";
import type { Held } from "./connections.ts";
import { databaseError } from "./failure.ts";
import { type DatabaseSettings, type Execution, isTooLate, type TransactionMode } from "./port.ts";
import { type StopPlan, type Stopping, stopping } from "./stop.ts";
import { asUnsent } from "./unsent.ts";

export interface ConnectionPlan extends StopPlan {
  readonly settings: DatabaseSettings;
  /** Told when all connections that are open now have become of no use. */
  outdate(): void;
}

export interface TransactionCall {
  readonly execution: Execution;
  /** Of the transaction's time, from which the wait for this connection has taken. */
  readonly left: Expiry;
  readonly mode: TransactionMode;
}

/** @typeParam Holding The connection as a task in a transaction sees it. */
export interface Connection<Bind, Holding> extends Held {
  run(text: string, binds: Bind[], execution: Execution): Promise<unknown[]>;
  transaction<Value>(call: TransactionCall, task: (held: Holding) => Promise<Value>): Promise<Value>;
}

export function connectionOn<Bind, Holding>(
  channel: Channel,
  { closing }: ConnectionPlan,
  { run, transaction }: Omit<Connection<Bind, Holding>, keyof Held>,
): Connection<Bind, Holding> {
  function start(): void {
    if (closing.aborted) {
      channel.retire();
      throw databaseError("cancelled");
    }
    channel.renew();
  }
  return {
    usable: channel.usable,
    destroy: channel.destroy,
    run: async (text, binds, execution) => {
      start();
      return run(text, binds, execution);
    },
    transaction: async (call, task) => {
      start();
      return transaction(call, task);
    },
  };
}

/**
 * @param send May take several round trips; between them it asks `stop` whether it is still wanted, and calls `sending`
 *   before the one that is the caller's.
 */
export async function runAlone(
  channel: Channel,
  plan: ConnectionPlan,
  execution: Execution,
  send: (stop: Stopping, sending: () => void) => Promise<unknown[]>,
): Promise<unknown[]> {
  const stop = stopping(channel, execution, plan);
  let isSent = false;
  const sending = (): void => {
    assertInTime(execution, plan.runtime);
    channel.assertOpen();
    isSent = true;
  };
  try {
    const rows = await stop.answer(send(stop, sending));
    // The cancel came too late for this statement and may be on its way to the next.
    if (channel.hasLooseCancel()) channel.retire();
    return rows;
  } catch (error) {
    const judged = channel.judge(error, stop);
    throw isSent ? judged : asUnsent(judged);
  } finally {
    stop.ended();
    await channel.settle();
  }
}

/** @throws DatabaseError when it may not be sent any more. */
export function assertInTime(execution: Execution, runtime: Runtime): void {
  if (isTooLate(execution, runtime)) throw databaseError("exhausted");
}

/** A time as servers and drivers take it: whole milliseconds; 0 would mean "never". */
export function wholeMs(ms: number): number {
  return Math.min(2_147_483_647, Math.max(1, Math.ceil(ms)));
}
