/**
 * The queue in front of connections: first come first served, each caller until its own moment.
 *
 * A vendor's own queue is unbounded and untimed (postgres.js #824), so it is never used.
 */
import { HOLDS, type Runtime } from "../runtime.ts";
import { expireAfter } from "../time.ts";
import { faultOfAbort } from "./failure.ts";
import { DatabaseError, type Execution } from "./port.ts";

/** Waiters hold a permit, so the gate bounds them long before this does. */
const MAX_WAITING = 10_000;

export interface Wait extends Pick<Execution, "lane" | "signal"> {
  /** On {@link Runtime.monotonicMs}. */
  readonly by: number;
  /** What is wrong when nothing has come by then. */
  readonly late: () => DatabaseError;
}

export interface Queue<Place> {
  /** @throws DatabaseError: `late` at the moment `by`, `timeout` or `cancelled` when the signal ended it. */
  wait(wait: Wait): Promise<Place>;
  /** Hands a place to the first in line, in this very turn. False when nobody waits. */
  serve(place: Place): boolean;
  /** Turns the first in line away. */
  refuse(error: DatabaseError): void;
  /** Turns away whoever comes later, and everyone in line but the first `kept`. */
  close(kept?: number): void;
  size(): number;
}

interface Waiter<Place> {
  readonly serve: (place: Place) => void;
  readonly refuse: (error: DatabaseError) => void;
}

export function createQueue<Place>(runtime: Runtime): Queue<Place> {
  // Sets keep the order of arrival and forget a member in constant time. Pings overtake: they prove progress.
  const pings = new Set<Waiter<Place>>();
  const others = new Set<Waiter<Place>>();
  let closed = false;

  const first = (): Waiter<Place> | undefined =>
    [pings, others]
      .find(({ size }) => size > 0)
      ?.values()
      .next().value;

  function stand({ lane, signal, by, late }: Wait): Promise<Place> {
    return new Promise((resolve, reject) => {
      const line = lane === "health" ? pings : others;
      // Whichever end comes first, the others are taken down in the same turn: no place is handed to nobody.
      const leave = (): void => {
        line.delete(waiter);
        expiry.clear();
        signal.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter<Place> = {
        serve: (place) => {
          leave();
          resolve(place);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.refuse(abandoned(signal));
      const leftMs = Math.max(0, by - runtime.monotonicMs());
      // A process that stood still finds this due first, and then the connection that has long been there.
      const expiry = expireAfter(runtime, leftMs, () => waiter.refuse(late()), HOLDS);
      signal.addEventListener("abort", onAbort, { once: true });
      line.add(waiter);
    });
  }

  return {
    wait: async (wait) => {
      if (closed) throw closedError();
      if (wait.signal.aborted) throw abandoned(wait.signal);
      if (pings.size + others.size >= MAX_WAITING) throw exhausted();
      return stand(wait);
    },
    serve: (place) => {
      const waiter = first();
      waiter?.serve(place);
      return waiter !== undefined;
    },
    refuse: (error) => first()?.refuse(error),
    close: (kept = 0) => {
      closed = true;
      for (const waiter of [...pings, ...others].slice(kept)) waiter.refuse(closedError());
    },
    size: () => pings.size + others.size,
  };
}

/** The usual {@link Wait.late}. */
export function exhausted(): DatabaseError {
  return new DatabaseError("exhausted", "No database connection became free within the wait.");
}

function abandoned(signal: AbortSignal): DatabaseError {
  return new DatabaseError(faultOfAbort(signal), "The wait for a database connection was given up.");
}

/** Not `connection`: the database is not to blame for an instance that stops. */
function closedError(): DatabaseError {
  return new DatabaseError("cancelled", "The database connections of this instance are closed.");
}
