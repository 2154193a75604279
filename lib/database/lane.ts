/**
 * The connections of one lane: a slot each, opened when first needed, used again last-in-first-out, closed when they
 * are old, unfit, or, for overflow, idle.
 */
import type { Runtime, Timer } from "../runtime.ts";
import type { Execution } from "./port.ts";
import { slots } from "./slots.ts";

/** What a lane has to know of a driver's connection. */
export interface Held {
  /** False once it was closed by either side, or has become unfit for another statement. */
  usable(): boolean;
  destroy(): Promise<void>;
}

export interface LanePlan<Connection extends Held> {
  readonly steady: number;
  readonly overflow: number;
  /** Age at which a connection is replaced, when nothing runs on it. */
  readonly recycleMs: number;
  /** How long an overflow connection is kept for the next caller. */
  readonly overflowIdleMs: number;
  readonly runtime: Runtime;
  connect(execution: Execution): Promise<Connection>;
}

export interface ConnectionLane<Connection extends Held> {
  /** Runs `task` with a connection to itself. The slot is given back when `task` has settled. */
  use<T>(execution: Execution, task: (connection: Connection) => Promise<T>): Promise<T>;
  /** `overflow` counts open overflow connections, busy or not. */
  state(): { readonly taken: number; readonly idle: number; readonly overflow: number; readonly waiting: number };
  /** Refuses newcomers and waiters; resolves when every running task has settled. */
  drain(): Promise<void>;
  destroy(): Promise<void>;
}

interface Entry<Connection> {
  readonly connection: Connection;
  readonly expiresAt: number;
  busy: boolean;
  readonly ageTimer: Timer;
  idleTimer: Timer;
}

export function connectionLane<Connection extends Held>(plan: LanePlan<Connection>): ConnectionLane<Connection> {
  const { runtime } = plan;
  const places = slots(plan.steady, plan.overflow, runtime);
  const held = new Map<number, Entry<Connection>>();

  async function drop(slot: number, entry: Entry<Connection>): Promise<void> {
    if (held.get(slot) === entry) held.delete(slot);
    runtime.clearTimer(entry.ageTimer);
    runtime.clearTimer(entry.idleTimer);
    await entry.connection.destroy();
  }

  function dropWhenIdle(slot: number): void {
    const entry = held.get(slot);
    if (entry !== undefined && !entry.busy) void drop(slot, entry);
  }

  async function hold(slot: number, execution: Execution): Promise<Entry<Connection>> {
    const known = held.get(slot);
    if (known !== undefined) {
      runtime.clearTimer(known.idleTimer);
      if (known.connection.usable()) return known;
      await drop(slot, known);
    }
    const connection = await plan.connect(execution);
    // Up to a tenth earlier, so that connections opened together are not replaced together.
    const ageMs = plan.recycleMs * (1 - runtime.random() / 10);
    const entry: Entry<Connection> = {
      connection,
      expiresAt: runtime.monotonicMs() + ageMs,
      busy: true,
      ageTimer: runtime.setTimer(() => dropWhenIdle(slot), ageMs),
      idleTimer: undefined,
    };
    held.set(slot, entry);
    return entry;
  }

  async function giveBack(slot: number): Promise<void> {
    const entry = held.get(slot);
    if (entry !== undefined) {
      entry.busy = false;
      if (!entry.connection.usable() || runtime.monotonicMs() >= entry.expiresAt) await drop(slot, entry);
      else if (slot >= plan.steady) {
        entry.idleTimer = runtime.setTimer(() => dropWhenIdle(slot), plan.overflowIdleMs);
      }
    }
    places.release(slot);
  }

  return {
    use: async (execution, task) => {
      const slot = await places.acquire(execution);
      try {
        const entry = await hold(slot, execution);
        entry.busy = true;
        return await task(entry.connection);
      } finally {
        await giveBack(slot);
      }
    },
    state: () => {
      const open = [...held].filter(([, entry]) => entry.connection.usable());
      return {
        taken: places.taken(),
        idle: open.filter(([, entry]) => !entry.busy).length,
        overflow: open.filter(([slot]) => slot >= plan.steady).length,
        waiting: places.waiting(),
      };
    },
    drain: () => {
      places.close();
      return places.idle();
    },
    destroy: async () => {
      await Promise.all([...held].map(([slot, entry]) => drop(slot, entry)));
    },
  };
}
