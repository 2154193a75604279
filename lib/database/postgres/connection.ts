/**
 * What runs on one connection, and which `statement_timeout` it has. Behind a pooler a statement by itself is a
 * transaction of one.
 */
import { assertInTime, type Connection, connectionOn, runAlone, wholeMs } from "../connection.ts";
import type { Execution } from "../port.ts";
import { assertWanted, type Stopping } from "../stop.ts";
import { withTimeOf } from "../time-left.ts";
import type { Bind } from "../wire/binds.ts";
import { createChannel, type PostgresChannel, plainRows } from "./channel.ts";
import { openClient, type PostgresPlan } from "./client.ts";
import { toPostgresError } from "./errors.ts";
import { type HeldChannel, transactionOn } from "./transaction.ts";

/** Takes and throws what `openClient` does. */
export async function connect(
  ...[plan, ...rest]: Parameters<typeof openClient>
): Promise<Connection<Bind, HeldChannel>> {
  const channel = createChannel(await openClient(plan, ...rest), plan);
  const run = plan.settings.pooler === "none" ? inSession(channel, plan) : inTransaction(channel, plan);
  return connectionOn(channel, plan, { run, transaction: (call, task) => transactionOn(channel, plan, call, task) });
}

type Run = Connection<Bind, HeldChannel>["run"];

function inSession(channel: PostgresChannel, plan: PostgresPlan): Run {
  /** A round trip of its own when the deadline differs from what the session has, which in a lane is rare; or as proof. */
  async function tellTimeout({ deadlineMs }: Execution, stop: Stopping): Promise<void> {
    const wantedMs = wholeMs(deadlineMs);
    if (channel.timeoutMs === wantedMs && !channel.proof.isDue()) return;
    channel.timeoutMs = undefined;
    await channel.proof.by(channel.control(`set statement_timeout = ${wantedMs}`));
    channel.timeoutMs = wantedMs;
    assertWanted(stop);
  }

  return (text, binds, execution) =>
    runAlone(channel, plan, execution, async (stop, sending) => {
      await tellTimeout(execution, stop);
      sending();
      return plainRows(await channel.statement(text, binds));
    });
}

/** Behind a pooler nothing may outlive a transaction, and nobody else is hit by a cancel while one is open. */
function inTransaction(channel: PostgresChannel, plan: PostgresPlan): Run {
  return async (text, binds, execution) => {
    try {
      return await withTimeOf(execution, plan.runtime, (left) =>
        transactionOn(channel, plan, { execution, left, mode: {} }, (held) => {
          assertInTime(execution, plan.runtime);
          return held.statement(text, binds);
        }),
      );
    } catch (error) {
      throw toPostgresError(error);
    }
  };
}
