/** A transaction that holds one connection, with one deadline for the whole, in whatever words the server takes. */
import type { Channel } from "./channel.ts";
import { assertInTime, type ConnectionPlan, type TransactionCall } from "./connection.ts";
import { type Stopping, stopping } from "./stop.ts";
import { type Enter, runTransaction } from "./transaction.ts";
import { asUnsent } from "./unsent.ts";

export interface Hold {
  readonly stop: Stopping;
  /** Of the deadline, in milliseconds; 0 or less when it is over. */
  leftMs(): number;
  /** What was asked of the server, with its errors as the caller is to see them. */
  answer<Reply>(reply: Promise<Reply>): Promise<Reply>;
  /** While it is true, what runs may be cancelled at the server. False at first. */
  cancellable: boolean;
}

export interface HeldSteps<Value> {
  begin(): Promise<void>;
  /** Resolves to false when the server rolled back instead. */
  commit(): Promise<boolean>;
  /** Where it rejects, the connection is destroyed. */
  rollback(): Promise<unknown>;
  work(enter: Enter): Promise<Value>;
}

export async function holdTransaction<Value>(
  channel: Channel,
  plan: ConnectionPlan,
  { execution, left, mode }: TransactionCall,
  stepsIn: (hold: Hold) => HeldSteps<Value>,
): Promise<Value> {
  const leftMs = (): number => left.leftMs();
  const cancel = (): void => {
    if (hold.cancellable) channel.cancel();
  };
  const bounds = { deadlineMs: Math.max(0, leftMs()), signal: execution.signal };
  const stop = stopping({ cancel, destroy: channel.destroy }, bounds, plan);
  const hold: Hold = {
    stop,
    leftMs,
    answer: (reply) =>
      stop.answer(reply).catch((error: unknown) => {
        throw channel.judge(error, stop);
      }),
    cancellable: false,
  };
  const steps = stepsIn(hold);

  async function rollback(): Promise<void> {
    // Nobody is to be gone, as a process may soon be after this, before what he asked for has arrived.
    await stop.answer(channel.cancelSent()).catch(() => {});
    // The end of a connection is a rollback too, and a loose cancel can do no harm on it.
    if (channel.hasLooseCancel()) channel.retire();
    if (!channel.usable()) return channel.destroy();
    await steps.rollback().catch(() => {
      channel.retire();
      return channel.destroy();
    });
  }
  /** A cancel is for a caller's statement: it must not hit the rollback that is its consequence, nor a commit. */
  function ending<Ended>(end: () => Promise<Ended>): Promise<Ended> {
    hold.cancellable = false;
    return end();
  }

  try {
    return await runTransaction(
      {
        begin: async () => {
          assertInTime(execution, plan.runtime);
          await steps.begin().catch((error: unknown) => {
            throw asUnsent(error);
          });
        },
        assertOpen: channel.assertOpen,
        commit: () => ending(steps.commit),
        rollback: () => ending(rollback),
      },
      { givenUp: stop.givenUp(), readOnly: mode.readOnly === true },
      steps.work,
    );
  } finally {
    if (channel.hasLooseCancel()) channel.retire();
    stop.ended();
    await channel.settle();
  }
}
