/** The wire of one connection: one call on it at a time, broken off at the server; and whether it may carry another. */
import { databaseError } from "../failure.ts";
import type { Held } from "../lane.ts";
import type { DatabaseError } from "../port.ts";
import type { Stopping } from "../stop.ts";
import type { Opened } from "./client.ts";
import { toOracleError } from "./errors.ts";
import type { Session } from "./session.ts";

/**
 * How the server answers a break of ours: both sides are then ready for the next statement. NJS-123 answers the break of
 * the driver's call timeout, and ours, if it was sent beside that, may be on its way to whatever comes next.
 */
const BREAK_ANSWERED = "ORA-01013";

export interface Line extends Held {
  /** False once the connection is closed or broken. */
  open(): boolean;
  /** It carries nothing more once what it carries has ended. */
  retire(): void;
  /** Forgets the break of an earlier task. */
  renew(): void;
  call<Reply>(send: (session: Session) => Promise<Reply>): Promise<Reply>;
  /** Asks the server to stop what runs; when nothing does, the driver would apply a break to what is sent next. */
  cancel(): void;
  /** A break was sent whose answer nobody has seen. */
  hasLooseBreak(): boolean;
  /** What an error is to the caller, seeing that it may have come of `stop`. Retires the line where it has to. */
  judge(error: unknown, stop: Stopping): DatabaseError;
  /** Ends a connection that was left in a transaction: nobody else would roll that back. */
  settle(): Promise<void>;
}

export function createLine({ session, cut, leave }: Opened, closing: AbortSignal): Line {
  let fit = true;
  let running = false;
  let looseBreak = false;
  let ended: Promise<void> | undefined;

  const usable = (): boolean => fit && session.healthy();

  function destroy(): Promise<void> {
    // A goodbye waits for what runs, and nobody knows for how long.
    const isIdle = usable() && !running;
    fit = false;
    if (!isIdle) cut();
    ended ??= isIdle ? leave() : Promise.resolve();
    return ended;
  }

  return {
    usable,
    destroy,
    open: session.healthy,
    retire: () => {
      fit = false;
    },
    renew: () => {
      looseBreak = false;
    },
    call: async (send) => {
      if (!usable()) throw databaseError("connection");
      running = true;
      try {
        return await send(session);
      } finally {
        running = false;
      }
    },
    cancel: () => {
      if (!running) return;
      looseBreak = true;
      session.interrupt().catch(() => {});
    },
    hasLooseBreak: () => looseBreak,
    judge: (error, stop) => {
      const found = toOracleError(error);
      if (found.vendorCode === BREAK_ANSWERED) looseBreak = false;
      if (found.fault === "connection" || looseBreak) fit = false;
      if (closing.aborted && found.fault === "connection") return databaseError("cancelled", error);
      const fault = stop.fault();
      return fault === undefined || found.fault === "statement"
        ? found
        : databaseError(fault, found.vendorError() ?? error, found.vendorCode);
    },
    settle: async () => {
      if (session.healthy() && session.inTransaction()) await destroy();
    },
  };
}
