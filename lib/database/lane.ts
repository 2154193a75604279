/**
 * One lane's connections and the callers who want one: opened when they are needed, and handed on to who waits.
 *
 * Opening is the lane's own affair. What is opened serves whoever is first in line by then, so a caller that leaves
 * takes no connection with it; and a caller whose connection is refused for want of room waits for one that comes back.
 */
import { type ConnectionsPlan, createConnections, type Entry, type Held } from "./connections.ts";
import { databaseError } from "./failure.ts";
import { createOpenings, type OpeningsPlan } from "./openings.ts";
import type { Execution } from "./port.ts";
import { createQueue, exhausted } from "./queue.ts";

/** What an opening has at least, or it would say more about a caller whose wait is over than about the server. */
const SHORTEST_OPENING_MS = 500;

export interface LanePlan<Connection extends Held> extends ConnectionsPlan, OpeningsPlan<Connection> {}

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
  /** What is open now serves nobody any more, once it has served whom it serves. */
  outdate(): void;
  destroy(): Promise<void>;
}

export function connectionLane<Connection extends Held>(plan: LanePlan<Connection>): ConnectionLane<Connection> {
  const { runtime, steady } = plan;
  const queue = createQueue<Entry<Connection>>(runtime);
  const connections = createConnections<Connection>(plan, advance);
  const openings = createOpenings(plan, connections, {
    opened: (connection) => offer(connections.enter(connection)),
    refused: queue.refuse,
    changed: advance,
  });
  /** Tasks, also those whose connection was destroyed under them. */
  let running = 0;
  let closed = false;
  const onQuiet: (() => void)[] = [];

  /** After every change: openings for those in line who have none under way, and word to who waits for the end. */
  function advance(): void {
    openings.begin(queue.size());
    if (connections.busy() + running + openings.size() + connections.leaving() > 0) return;
    for (const told of onQuiet.splice(0)) told();
  }

  /** To the first in line; where nobody waits it is idle, or too late. */
  function offer(entry: Entry<Connection>): void {
    if (queue.serve(entry)) return;
    if (closed) void connections.drop(entry);
    else connections.rest(entry);
  }

  function wait({ lane, signal, connectBy }: Execution): Promise<Entry<Connection>> {
    const now = runtime.monotonicMs();
    const isBeingOpened = queue.size() < openings.size() || openings.mayOpen();
    const granted = queue.wait({
      lane,
      signal,
      by: isBeingOpened ? Math.max(connectBy, now + SHORTEST_OPENING_MS) : connectBy,
      late: () => (isBeingOpened && openings.nobodyAnswers() ? databaseError("connection") : exhausted()),
    });
    advance();
    return granted;
  }

  /** Resolves when a connection that cannot be used again is gone. */
  function giveBack(entry: Entry<Connection>): Promise<void> | undefined {
    const fit = !closed && entry.connection.usable() && runtime.monotonicMs() < entry.expiresAt;
    if (!fit) return connections.drop(entry);
    offer(entry);
    return undefined;
  }

  /** One that is idle, as soon as it is known to be there still; else the first that comes. */
  async function take(execution: Execution): Promise<Entry<Connection>> {
    const idle = () => (closed || execution.signal.aborted ? undefined : connections.takeIdle());
    for (let entry = idle(); entry !== undefined; entry = idle()) {
      await connections.listen(entry);
      if (entry.connection.usable() && !closed && !execution.signal.aborted) return entry;
      void giveBack(entry);
    }
    return wait(execution);
  }

  async function use<T>(execution: Execution, task: (connection: Connection) => Promise<T>): Promise<T> {
    const entry = await take(execution);
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
  }

  return {
    use,
    state: () => {
      const served = Math.min(openings.size(), queue.size());
      return {
        taken: connections.busy() + served,
        idle: connections.usableIdle(),
        overflow: Math.max(0, connections.size() - steady),
        waiting: queue.size() - served,
      };
    },
    drain: () => {
      closed = true;
      openings.close();
      queue.close(openings.size());
      const quiet = new Promise<void>((resolve) => onQuiet.push(resolve));
      advance();
      return quiet;
    },
    outdate: connections.outdate,
    destroy: async () => {
      openings.clear();
      await connections.dropAll();
    },
  };
}
