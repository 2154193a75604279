/** The wire of one connection: one call on it at a time, broken off at the server. */
import { type Channel, createFitness } from "../channel.ts";
import type { ConnectionPlan } from "../connection.ts";
import { databaseError } from "../failure.ts";
import { createProof } from "../proof.ts";
import type { Opened } from "./client.ts";
import { toOracleError } from "./errors.ts";
import type { Session } from "./session.ts";
import { PING } from "./words.ts";

/** How the server answers a break of ours: both sides are then ready for the next statement. */
const BREAK_ANSWERED = "ORA-01013";

export interface OracleChannel extends Channel {
  call<Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply>;
  /** A round trip where the connection was at rest for long. */
  prove(): Promise<void>;
}

export function createChannel({ session, cut, leave }: Opened, plan: ConnectionPlan): OracleChannel {
  const { cancelling, ...fitness } = createFitness(
    {
      open: session.healthy,
      toError: toOracleError,
      isAnswer: ({ vendorCode = "" }) => vendorCode.startsWith("ORA-"),
      answersCancel: ({ vendorCode }) => vendorCode === BREAK_ANSWERED,
    },
    plan.closing,
  );
  const proof = createProof(destroy, plan);
  const { usable, retire, assertOpen } = fitness;
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

  async function call<Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply> {
    if (ended !== undefined) throw databaseError("connection");
    assertOpen();
    running = true;
    try {
      const reply = await send(session);
      proof.given();
      return reply;
    } finally {
      running = false;
    }
  }

  return {
    ...fitness,
    destroy,
    call,
    prove: async () => {
      if (proof.isDue()) await proof.by(call((each) => each.execute(PING, [], true)));
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
