/**
 * The open connections of one lane, busy or idle: used again last-in-first-out, closed when old, unfit, outdated or to
 * spare.
 */
import type { Runtime, Timer } from "../runtime.ts";
import { listenTo, type Rest, restsNow } from "./rest.ts";

/** What a lane has to know of a driver's connection. */
export interface Held {
  /** False once it was closed by either side, or has become unfit for another statement. */
  usable(): boolean;
  /** Never rejects. */
  destroy(): Promise<void>;
}

export interface Entry<Connection> {
  readonly connection: Connection;
  /** On the monotonic clock; not used again from then on. */
  expiresAt: number;
  rested: Rest;
  readonly ageTimer: Timer;
  idleTimer: Timer;
  /** Set once it is on its way out. */
  dropped: Promise<void> | undefined;
}

export interface ConnectionsPlan {
  readonly steady: number;
  /** Age at which a connection is replaced, when nothing runs on it. */
  readonly recycleMs: number;
  /** How long a connection beyond `steady` is kept idle for the next caller. */
  readonly overflowIdleMs: number;
  readonly runtime: Runtime;
}

export type Connections<Connection extends Held> = ReturnType<typeof createConnections<Connection>>;

/** @param onGone Told when one that was dropped is gone. */
export function createConnections<Connection extends Held>(
  { steady, recycleMs, overflowIdleMs, runtime }: ConnectionsPlan,
  onGone: () => void,
) {
  const open = new Set<Entry<Connection>>();
  const idle: Entry<Connection>[] = [];
  let leaving = 0;

  /** Resolves when it is gone. */
  function drop(entry: Entry<Connection>): Promise<void> {
    entry.dropped ??= (async () => {
      if (idle.includes(entry)) idle.splice(idle.indexOf(entry), 1);
      open.delete(entry);
      leaving += 1;
      runtime.clearTimer(entry.ageTimer);
      runtime.clearTimer(entry.idleTimer);
      await entry.connection.destroy();
      leaving -= 1;
      onGone();
    })();
    return entry.dropped;
  }

  return {
    /** All that are open; those on their way out are none of them. */
    size: (): number => open.size,
    busy: (): number => open.size - idle.length,
    /** On their way out. */
    leaving: (): number => leaving,
    usableIdle: (): number => idle.filter(({ connection }) => connection.usable()).length,
    /** A new one, busy from the first. */
    enter: (connection: Connection): Entry<Connection> => {
      // Up to a tenth earlier, so that connections opened together are not replaced together.
      const ageMs = recycleMs * (1 - runtime.random() / 10);
      const entry: Entry<Connection> = {
        connection,
        expiresAt: runtime.monotonicMs() + ageMs,
        ageTimer: runtime.setTimer(() => {
          if (idle.includes(entry)) void drop(entry);
        }, ageMs),
        rested: restsNow(runtime),
        idleTimer: undefined,
        dropped: undefined,
      };
      open.add(entry);
      return entry;
    },
    /** The one used last, so that the others stay idle and can be closed. It is busy then. */
    takeIdle: (): Entry<Connection> | undefined => {
      for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
        runtime.clearTimer(entry.idleTimer);
        if (entry.connection.usable()) return entry;
        void drop(entry);
      }
      return undefined;
    },
    /** Lets the event loop read what the server has said of one that was idle for long; it may then be unfit. */
    listen: ({ connection, rested }: Entry<Connection>): Promise<void> => listenTo(rested, runtime, connection.usable),
    /** None of those that are open now is used again; what runs on them goes on. */
    outdate: (): void => {
      for (const entry of open) entry.expiresAt = Number.NEGATIVE_INFINITY;
      for (const entry of [...idle]) void drop(entry);
    },
    /** Nobody wants it at the moment. */
    rest: (entry: Entry<Connection>): void => {
      entry.rested = restsNow(runtime);
      idle.push(entry);
      if (open.size <= steady) return;
      entry.idleTimer = runtime.setTimer(() => {
        if (open.size > steady && idle.includes(entry)) void drop(entry);
      }, overflowIdleMs);
    },
    drop,
    dropAll: (): Promise<unknown> => Promise.all([...open].map(drop)),
  };
}
