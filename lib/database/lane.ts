/**
 * The connections of one lane: opened when they are needed, used again last-in-first-out, closed when they are old,
 * unfit, or, for overflow, idle.
 *
 * Opening is the lane's own affair. What is opened serves whoever is first in line by then, so a caller that leaves
 * takes no connection with it; and a caller whose connection is refused for want of room waits for one that comes back.
 */
import type { Runtime, Timer } from "../runtime.ts";
import { databaseError } from "./failure.ts";
import type { DatabaseError, Execution } from "./port.ts";
import { createQueue, exhausted } from "./queue.ts";

/** What an opening has at least, or it would say more about a caller whose wait is over than about the server. */
const SHORTEST_OPENING_MS = 500;
/** A server without room is not asked again for so long, while there are connections to wait for. */
const FULL_SERVER_PAUSE_MS = 1_000;

/** What a lane has to know of a driver's connection. */
export interface Held {
  /** False once it was closed by either side, or has become unfit for another statement. */
  usable(): boolean;
  /** Never rejects. */
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
  /**
   * Bounded by the driver. Rejects with a {@link DatabaseError} and nothing else. Calls `onLetIn` when a pooler has let
   * it in, so that whatever it waits for from then on is not a pooler that is gone.
   */
  connect(onLetIn: () => void): Promise<Connection>;
}

export interface ConnectionLane<Connection extends Held> {
  /** Runs `task` with a connection to itself, which is given back when `task` has settled. */
  use<T>(execution: Execution, task: (connection: Connection) => Promise<T>): Promise<T>;
  /**
   * `taken`: callers that have a connection, or one being opened for them; `waiting`: all others; `overflow`: open
   * overflow connections, busy or not.
   */
  state(): { readonly taken: number; readonly idle: number; readonly overflow: number; readonly waiting: number };
  /**
   * Refuses newcomers, and waiters without an opening; resolves when every running task has settled and nothing is being
   * opened.
   */
  drain(): Promise<void>;
  destroy(): Promise<void>;
}

interface Entry<Connection> {
  readonly connection: Connection;
  readonly expiresAt: number;
  readonly ageTimer: Timer;
  idleTimer: Timer;
  /** Set once it is on its way out. */
  dropped: Promise<void> | undefined;
}

export function connectionLane<Connection extends Held>(plan: LanePlan<Connection>): ConnectionLane<Connection> {
  const { runtime, steady } = plan;
  const queue = createQueue<Entry<Connection>>(runtime);
  const open = new Set<Entry<Connection>>();
  // The one used last is used next, so that the others stay idle and can be closed.
  const idle: Entry<Connection>[] = [];
  const openings = new Set<{ letIn: boolean }>();
  let leaving = 0;
  /** Tasks, also those whose connection was destroyed under them. */
  let running = 0;
  let pausedUntil = 0;
  let pauseTimer: Timer;
  let closed = false;
  const onQuiet: (() => void)[] = [];

  const busy = (): number => open.size - idle.length;

  function mayOpen(): boolean {
    if (closed || open.size + openings.size + leaving >= steady + plan.overflow) return false;
    return open.size === 0 || runtime.monotonicMs() >= pausedUntil;
  }

  /** After every change: openings for those in line who have none under way, and word to who waits for the end. */
  function advance(): void {
    while (queue.size() > openings.size && mayOpen()) openOne();
    if (busy() + running + openings.size + leaving > 0) return;
    for (const told of onQuiet.splice(0)) told();
  }

  function openOne(): void {
    const opening = { letIn: false };
    openings.add(opening);
    const onLetIn = () => {
      opening.letIn = true;
    };
    plan.connect(onLetIn).then(
      (connection) => {
        openings.delete(opening);
        offer(enter(connection));
        advance();
      },
      (error: DatabaseError) => {
        openings.delete(opening);
        if (error.fault === "exhausted" && open.size > 0 && !closed) pause();
        else queue.refuse(error);
        advance();
      },
    );
  }

  /** Connections that are open, or being waited for in a pooler, are merely busy. */
  function nobodyAnswers(): boolean {
    return open.size === 0 && [...openings].some(({ letIn }) => !letIn);
  }

  function pause(): void {
    pausedUntil = runtime.monotonicMs() + FULL_SERVER_PAUSE_MS;
    runtime.clearTimer(pauseTimer);
    pauseTimer = runtime.setTimer(advance, FULL_SERVER_PAUSE_MS);
  }

  function enter(connection: Connection): Entry<Connection> {
    // Up to a tenth earlier, so that connections opened together are not replaced together.
    const ageMs = plan.recycleMs * (1 - runtime.random() / 10);
    const entry: Entry<Connection> = {
      connection,
      expiresAt: runtime.monotonicMs() + ageMs,
      ageTimer: runtime.setTimer(() => {
        if (idle.includes(entry)) void drop(entry);
      }, ageMs),
      idleTimer: undefined,
      dropped: undefined,
    };
    open.add(entry);
    return entry;
  }

  function drop(entry: Entry<Connection>): Promise<void> {
    entry.dropped ??= (async () => {
      if (idle.includes(entry)) idle.splice(idle.indexOf(entry), 1);
      open.delete(entry);
      leaving += 1;
      runtime.clearTimer(entry.ageTimer);
      runtime.clearTimer(entry.idleTimer);
      await entry.connection.destroy();
      leaving -= 1;
      advance();
    })();
    return entry.dropped;
  }

  /** To the first in line; where nobody waits it is idle, or too late. */
  function offer(entry: Entry<Connection>): void {
    if (queue.serve(entry)) return;
    if (closed) return void drop(entry);
    idle.push(entry);
    if (open.size <= steady) return;
    entry.idleTimer = runtime.setTimer(() => {
      if (open.size > steady && idle.includes(entry)) void drop(entry);
    }, plan.overflowIdleMs);
  }

  function takeIdle(): Entry<Connection> | undefined {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      runtime.clearTimer(entry.idleTimer);
      if (entry.connection.usable()) return entry;
      void drop(entry);
    }
    return undefined;
  }

  function wait({ lane, signal, connectBy }: Execution): Promise<Entry<Connection>> {
    const now = runtime.monotonicMs();
    const isBeingOpened = queue.size() < openings.size || mayOpen();
    const granted = queue.wait({
      lane,
      signal,
      by: isBeingOpened ? Math.max(connectBy, now + SHORTEST_OPENING_MS) : connectBy,
      late: () => (isBeingOpened && nobodyAnswers() ? databaseError("connection") : exhausted()),
    });
    advance();
    return granted;
  }

  /** Resolves when a connection that cannot be used again is gone. */
  function giveBack(entry: Entry<Connection>): Promise<void> | undefined {
    const fit = !closed && entry.connection.usable() && runtime.monotonicMs() < entry.expiresAt;
    if (!fit) return drop(entry);
    offer(entry);
    return undefined;
  }

  return {
    use: async (execution, task) => {
      const entry = (closed || execution.signal.aborted ? undefined : takeIdle()) ?? (await wait(execution));
      running += 1;
      execution.onConnection?.();
      try {
        return await task(entry.connection);
      } finally {
        const gone = giveBack(entry);
        if (gone !== undefined) await gone;
        running -= 1;
        if (onQuiet.length > 0) advance();
      }
    },
    state: () => {
      const served = Math.min(openings.size, queue.size());
      return {
        taken: busy() + served,
        idle: idle.filter(({ connection }) => connection.usable()).length,
        overflow: Math.max(0, open.size - steady),
        waiting: queue.size() - served,
      };
    },
    drain: () => {
      closed = true;
      queue.close(openings.size);
      const quiet = new Promise<void>((resolve) => onQuiet.push(resolve));
      advance();
      return quiet;
    },
    destroy: async () => {
      runtime.clearTimer(pauseTimer);
      await Promise.all([...open].map(drop));
    },
  };
}
