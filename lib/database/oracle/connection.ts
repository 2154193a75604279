/** What runs on one connection: a statement by itself, or a transaction. */
import { type Connection, connectionOn, runAlone } from "../connection.ts";
import { assertWanted } from "../stop.ts";
import type { Bind } from "./binds.ts";
import { createChannel } from "./channel.ts";
import { type OraclePlan, openClient } from "./client.ts";
import { type HeldSession, transactionOn } from "./transaction.ts";
import { changesSession } from "./words.ts";

/** @throws DatabaseError as `openClient`. */
export async function connect(plan: OraclePlan): Promise<Connection<Bind, HeldSession>> {
  const channel = createChannel(await openClient(plan), plan);
  return connectionOn(channel, plan, {
    run: (text, binds, execution) =>
      runAlone(channel, plan, execution, async (stop, sending) => {
        await channel.prove();
        assertWanted(stop);
        sending();
        const rows = await channel.call((session) => session.execute(text, binds, true));
        if (changesSession(text)) channel.retire();
        return rows;
      }),
    transaction: (call, task) => transactionOn(channel, plan, call, task),
  });
}
