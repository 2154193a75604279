/**
 * A transaction on one connection, with one deadline for the whole. This process alone holds it to that: Oracle has no
 * timeout that a client could set, so one frozen with a transaction open keeps its locks until the server looks.
 */
import { databaseError } from "../failure.ts";
import { type Execution, isTooLate, type TransactionMode } from "../port.ts";
import { stopping } from "../stop.ts";
import { runTransaction } from "../transaction.ts";
import type { Bind } from "./binds.ts";
import { type ConnectionPlan, callTimeoutMs, stopPlan } from "./client.ts";
import type { Line } from "./line.ts";
import type { Session } from "./session.ts";
import { beginText, changesSession, endsTransaction } from "./words.ts";

/** The connection as a task in a transaction sees it, while that is open. */
export interface HeldSession {
  statement(text: string, binds: readonly Bind[]): Promise<unknown[]>;
  /** `send` is handed what is left of the time, as the driver's call timeout. */
  call<Reply>(send: (session: Session, timeoutMs: number) => Promise<Reply>): Promise<Reply>;
}

export async function transactionOn<Value>(
  line: Line,
  plan: ConnectionPlan,
  execution: Execution,
  deadlineAt: number,
  mode: TransactionMode,
  task: (held: HeldSession) => Promise<Value>,
): Promise<Value> {
  const { runtime, graceMs } = plan;
  const leftMs = (): number => deadlineAt - runtime.monotonicMs();
  let ending = false;
  // A break is for a caller's statement: it must not hit the rollback that is its consequence, nor a commit.
  const cancel = (): void => {
    if (!ending) line.cancel();
  };
  const bounds = { deadlineMs: Math.max(0, leftMs()), signal: execution.signal };
  const stop = stopping({ cancel, destroy: line.destroy }, bounds, stopPlan(plan));
  const answer = <Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply> =>
    stop.answer(line.call(send)).catch((error: unknown) => {
      throw line.judge(error, stop);
    });
  async function call<Reply>(send: (session: Session, timeoutMs: number) => Promise<Reply>): Promise<Reply> {
    if (leftMs() <= 0) throw databaseError("timeout");
    return answer((session) => send(session, callTimeoutMs(leftMs())));
  }
  async function statement(text: string, binds: readonly Bind[]): Promise<unknown[]> {
    if (endsTransaction(text)) {
      throw new TypeError(
        "transaction: it ends as its callback does, a statement began or ended one, or defines what Oracle commits " +
          "at once; leave that out",
      );
    }
    const rows = await call((session, timeoutMs) => session.execute(text, binds, timeoutMs, false));
    if (changesSession(text)) line.retire();
    return rows;
  }

  try {
    return await runTransaction(
      {
        begin: async () => {
          if (isTooLate(execution, runtime)) throw databaseError("exhausted");
          const text = beginText(mode);
          if (text !== undefined) await call((session, timeoutMs) => session.execute(text, [], timeoutMs, false));
        },
        open: line.open,
        commit: async () => {
          ending = true;
          await answer(async (session) => {
            await session.closeCursor();
            await session.commit(callTimeoutMs(leftMs()));
          });
          return true;
        },
        rollback: async () => {
          ending = true;
          // The end of a connection is a rollback too, and a loose break can do no harm on it.
          if (line.hasLooseBreak()) line.retire();
          if (!line.usable()) return line.destroy();
          await answer(async (session) => {
            await session.closeCursor();
            await session.rollback(callTimeoutMs(graceMs));
          }).catch(() => {
            line.retire();
            return line.destroy();
          });
        },
      },
      { givenUp: stop.givenUp(), readOnly: mode.readOnly === true },
      (enter) =>
        task({
          statement: (text, binds) => enter(() => statement(text, binds)),
          call: (send) => enter(() => call(send)),
        }),
    );
  } finally {
    if (line.hasLooseBreak()) line.retire();
    stop.ended();
    await line.settle();
  }
}
