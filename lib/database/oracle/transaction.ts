/**
 * A transaction on one connection, with one deadline for the whole. This process alone holds it to that: Oracle has no
 * timeout that a client could set, so one frozen with a transaction open keeps its locks until the server looks.
 */
import { withDeadline } from "../../time.ts";
import type { TransactionCall } from "../connection.ts";
import { databaseError } from "../failure.ts";
import { holdTransaction } from "../held-transaction.ts";
import type { Holder } from "../pooled.ts";
import type { Bind } from "./binds.ts";
import type { OracleChannel } from "./channel.ts";
import type { OraclePlan } from "./client.ts";
import type { Session } from "./session.ts";
import { beginText, changesSession, endsTransaction } from "./words.ts";

/** The connection as a task in a transaction sees it, while that is open. */
export interface HeldSession extends Holder<Bind> {
  /** Unless its time is over. */
  call<Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply>;
}

export function transactionOn<Value>(
  channel: OracleChannel,
  plan: OraclePlan,
  transaction: TransactionCall,
  task: (held: HeldSession) => Promise<Value>,
): Promise<Value> {
  return holdTransaction(channel, plan, transaction, (hold) => {
    const call: HeldSession["call"] = async (send) => {
      if (hold.leftMs() <= 0) throw databaseError("timeout");
      return hold.answer(channel.call(send));
    };
    const statement: HeldSession["statement"] = async (text, binds) => {
      if (endsTransaction(text)) throw notHere();
      const rows = await call((session) => session.execute(text, binds, false));
      if (changesSession(text)) channel.retire();
      return rows;
    };
    /** The last call, which no cursor may be open for. */
    const end = (send: (session: Session) => Promise<void>): Promise<void> =>
      hold.answer(
        channel.call(async (session) => {
          await session.closeCursor();
          await send(session);
        }),
      );
    return {
      begin: async () => {
        await hold.answer(channel.prove());
        hold.cancellable = true;
        const text = beginText(transaction.mode);
        if (text !== undefined) await call((session) => session.execute(text, [], false));
      },
      commit: async () => {
        await end((session) => session.commit());
        return true;
      },
      rollback: () =>
        withDeadline(
          end((session) => session.rollback()),
          { ms: plan.graceMs, runtime: plan.runtime, refuse: () => databaseError("timeout") },
        ),
      work: (enter) =>
        task({
          statement: (text, binds) => enter(() => statement(text, binds)),
          call: (send) => enter(() => call(send)),
        }),
    };
  });
}

function notHere(): TypeError {
  return new TypeError(
    "transaction: it ends as its callback does, a statement began or ended one, or defines what Oracle commits at once; " +
      "leave that out",
  );
}
