/** The wire of one connection: one call on it at a time, broken off at the server. */
import { type Channel, createFitness } from "../channel.ts";
import { databaseError } from "../failure.ts";
import type { Opened } from "./client.ts";
import { toOracleError } from "./errors.ts";
import type { Session } from "./session.ts";

/**
 * How the server answers a break of ours: both sides are then ready for the next statement. NJS-123 answers the break of
 * the driver's call timeout, and ours, if it was sent beside that, may be on its way to whatever comes next.
 */
const BREAK_ANSWERED = "ORA-01013";

export interface OracleChannel extends Channel {
  call<Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply>;
}

export function createChannel({ session, cut, leave }: Opened, closing: AbortSignal): OracleChannel {
  const { cancelling, ...fitness } = createFitness(
    {
      open: session.healthy,
      toError: toOracleError,
      answersCancel: ({ vendorCode }) => vendorCode === BREAK_ANSWERED,
    },
    closing,
  );
  const { usable, retire } = fitness;
  let running = false;
  let ended: Promise<void> | undefined;

  function destroy(): Promise<void> {
    // A goodbye waits for what runs, and nobody knows for how long.
    const isIdle = usable() && !running;
    retire();
    if (!isIdle) cut();
    ended ??= isIdle ? leave() : Promise.resolve();
    return ended;
  }

  return {
    ...fitness,
    destroy,
    call: async (send) => {
      if (!usable()) throw databaseError("connection");
      running = true;
      try {
        return await send(session);
      } finally {
        running = false;
      }
    },
    // When nothing runs, the driver would apply a break to what is sent next.
    cancel: () => {
      if (!running) return;
      cancelling();
      session.interrupt().catch(() => {});
    },
    // It goes the way of the statements themselves.
    cancelSent: () => Promise.resolve(),
    settle: async () => {
      if (session.healthy() && session.inTransaction()) await destroy();
    },
  };
}
