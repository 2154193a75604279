/** A connection of an application's pool, waited for no longer than its caller can. */
import { databaseError, faultOfAbort } from "../database/failure.ts";
import { exhausted } from "../database/queue.ts";
import type { Runtime } from "../runtime.ts";
import { type WaitEnd, withDeadline } from "../time.ts";
import type { Line } from "./hold.ts";

/** A driver's timers are late by less in an event loop that runs. */
const STOOD_STILL_MS = 100;

/**
 * Whether a driver's own timer was so late that it tells of nothing but an event loop that stood still: what the server
 * has said meanwhile lies unread.
 *
 * @param sinceMs When it was set, on the monotonic clock.
 * @param afterMs When it was due.
 */
export const stoodStill = ({ monotonicMs }: Runtime, sinceMs: number, afterMs: number): boolean =>
  monotonicMs() - sinceMs > afterMs + STOOD_STILL_MS;

export interface Arriving<Held> {
  readonly ms: number;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  /** That it is late says something of the server, and not only of how many there are. */
  readonly nobodyAnswers: () => boolean;
  /** It came, and its caller was gone: it serves who is next. */
  readonly unwanted: (held: Held) => void;
}

/** @throws What it is rejected with; DatabaseError where its caller has left, or it is late. */
export async function arrivedInTime<Held extends Line | null>(
  connection: Promise<Held>,
  { ms, signal, runtime, nobodyAnswers, unwanted }: Arriving<Held>,
): Promise<Held> {
  const refuse = (end: WaitEnd) => {
    if (end === "aborted") return databaseError(faultOfAbort(signal));
    return nobodyAnswers() ? databaseError("connection") : exhausted();
  };
  try {
    return await withDeadline(connection, { ms, signal, runtime, refuse });
  } catch (error) {
    // It comes all the same.
    connection.then(unwanted, () => {});
    throw error;
  }
}
