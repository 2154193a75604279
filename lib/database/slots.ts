/**
 * Places for connections, and the line in front of them.
 *
 * A vendor's own queue is unbounded and untimed (postgres.js #824), so it is never used: who holds a slot has a
 * connection to itself, who holds none waits here, first come first served, until `connectBy`.
 */
import type { Runtime } from "../runtime.ts";
import { DatabaseError, type Execution } from "./port.ts";
import { faultOfAbort, within } from "./within.ts";

/** Waiters hold a permit, so the gate bounds them long before this does. */
const MAX_WAITING = 10_000;

export interface Slots {
  /**
   * Resolves to the number of a slot; numbers below `steady` are steady ones and are preferred.
   *
   * @throws DatabaseError `exhausted` when none came free in time, `timeout` or `cancelled` when the signal ended it.
   */
  acquire(execution: Pick<Execution, "lane" | "connectBy" | "signal">): Promise<number>;
  release(slot: number): void;
  /** Refuses every waiter and everyone who comes later. */
  close(): void;
  /** Resolves when no slot is taken. */
  idle(): Promise<void>;
  taken(): number;
  waiting(): number;
}

/**
 * @param steady places that are filled first.
 * @param overflow places that are filled when no steady one is free.
 * @example
 * ```ts
 * const places = slots(10, 20, runtime);
 * const slot = await places.acquire(execution);
 * try { await use(slot); } finally { places.release(slot); }
 * ```
 */
export function slots(steady: number, overflow: number, runtime: Runtime): Slots {
  // The slot used last is used next, so that idle connections stay idle and can be closed.
  const freeSteady = Array.from({ length: steady }, (_, index) => steady - 1 - index);
  const freeOverflow = Array.from({ length: overflow }, (_, index) => steady + overflow - 1 - index);
  // Sets keep the order of arrival and forget a member in constant time. Pings overtake: they prove progress.
  const pings = new Set<(slot: number) => void>();
  const others = new Set<(slot: number) => void>();
  const refusals = new Set<(error: DatabaseError) => void>();
  const onIdle = new Set<() => void>();
  let taken = 0;
  let closed = false;

  function release(slot: number): void {
    const line = pings.size > 0 ? pings : others;
    for (const grant of line) {
      line.delete(grant);
      grant(slot);
      return;
    }
    taken -= 1;
    (slot < steady ? freeSteady : freeOverflow).push(slot);
    if (taken === 0) for (const told of onIdle) told();
  }

  async function acquire(execution: Pick<Execution, "lane" | "connectBy" | "signal">): Promise<number> {
    if (closed) throw closedError();
    if (execution.signal.aborted) throw abandoned(execution.signal);
    const free = freeSteady.pop() ?? freeOverflow.pop();
    if (free !== undefined) {
      taken += 1;
      return free;
    }
    if (pings.size + others.size >= MAX_WAITING) throw exhausted();
    const line = execution.lane === "health" ? pings : others;
    let resolve: (slot: number) => void = () => {};
    let reject: (error: DatabaseError) => void = () => {};
    const granted = new Promise<number>((grant, refuse) => {
      resolve = grant;
      reject = refuse;
    });
    line.add(resolve);
    refusals.add(reject);
    try {
      return await within(granted, { by: execution.connectBy, signal: execution.signal }, runtime, (ended) => {
        // Taken out of the line in the same turn in which the wait ends, so that no slot is handed to nobody.
        line.delete(resolve);
        return ended === "late" ? exhausted() : abandoned(execution.signal);
      });
    } finally {
      refusals.delete(reject);
    }
  }

  return {
    acquire,
    release,
    close: () => {
      closed = true;
      pings.clear();
      others.clear();
      for (const refuse of refusals) refuse(closedError());
    },
    idle: () => (taken === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.add(resolve))),
    taken: () => taken,
    waiting: () => pings.size + others.size,
  };
}

function exhausted(): DatabaseError {
  return new DatabaseError("exhausted", "No database connection became free within the wait.");
}

function abandoned(signal: AbortSignal): DatabaseError {
  return new DatabaseError(faultOfAbort(signal), "The wait for a database connection was given up.");
}

/** Not `connection`: the database is not to blame for an instance that stops. */
export function closedError(): DatabaseError {
  return new DatabaseError("cancelled", "The database connections of this instance are closed.");
}
