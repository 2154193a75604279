/** The wire of one connection: whether it may carry another statement, and what its errors are to a caller. */
import type { Held } from "./connections.ts";
import { databaseError } from "./failure.ts";
import { DatabaseError } from "./port.ts";
import type { Stopping } from "./stop.ts";

export interface Channel extends Held {
  /**
   * @throws DatabaseError once it was closed by either side, or was broken by an error of the driver's own or of the
   * network, which it then is: the next statement on it might wait for ever. A socket closes some turns after its error.
   */
  assertOpen(): void;
  /** It carries nothing more once what it carries has ended. */
  retire(): void;
  /** Forgets the cancel of an earlier task. */
  renew(): void;
  /** Asks the server to stop what is under way. */
  cancel(): void;
  /** Resolves when the cancel, if there was one, has arrived or come to nothing. */
  cancelSent(): Promise<void>;
  /** A cancel was sent whose effect nobody has seen: it may be on its way to whatever is sent next. */
  hasLooseCancel(): boolean;
  /** What an error is to the caller, seeing that it may have come of `stop`. Retires the channel where it has to. */
  judge(error: unknown, stop: Stopping): DatabaseError;
  /** Ends a connection that was left in a transaction which nobody else would roll back. */
  settle(): Promise<void>;
}

export interface Wire {
  /** False once it was closed by either side. */
  open(): boolean;
  toError(error: unknown): DatabaseError;
  /** The server said it of a statement. Where the driver did, nobody knows how far the two have come. */
  isAnswer(error: DatabaseError): boolean;
  /** The error is the server's answer to a cancel of ours, which then goes nowhere else. */
  answersCancel(error: DatabaseError): boolean;
}

export interface Fitness
  extends Pick<Channel, "usable" | "assertOpen" | "retire" | "renew" | "hasLooseCancel" | "judge"> {
  /** A cancel goes out. */
  cancelling(): void;
}

/** The part of a channel that is the same whatever stands on the other end. */
export function createFitness({ open, toError, isAnswer, answersCancel }: Wire, closing: AbortSignal): Fitness {
  let fit = true;
  let brokenBy: DatabaseError | undefined;
  let looseCancel = false;

  return {
    usable: () => fit && open(),
    assertOpen: () => {
      if (brokenBy !== undefined || !open()) throw brokenBy ?? databaseError("connection");
    },
    retire: () => {
      fit = false;
    },
    renew: () => {
      looseCancel = false;
    },
    cancelling: () => {
      looseCancel = true;
    },
    hasLooseCancel: () => looseCancel,
    judge: (error, stop) => {
      const found = toError(error);
      if (answersCancel(found)) looseCancel = false;
      const isOver = found.fault === "statement" || found.fault === "connection";
      if (isOver && !(error instanceof DatabaseError) && !isAnswer(found)) brokenBy = found;
      if (found.fault === "connection" || looseCancel || brokenBy !== undefined) fit = false;
      if (closing.aborted && found.fault === "connection") return databaseError("cancelled", error);
      const fault = stop.fault();
      return fault === undefined || found.fault === "statement"
        ? found
        : databaseError(fault, found.vendorError() ?? error, found.vendorCode);
    },
  };
}
