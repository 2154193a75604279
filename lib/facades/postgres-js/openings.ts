/**
 * Connections of the driver's pool as they are opened and reserved.
 *
 * They are opened by an empty statement and reserved afterwards: a reservation that has to wait for its connection stays
 * in the driver's line when that cannot be opened, where the next connection is given to nobody, and it never comes where
 * `fetch_types` is off.
 */

import { codeOf } from "../../database/failure.ts";
import { hasRested, listenTo, type Rest, restsNow } from "../../database/rest.ts";
import type { Runtime } from "../../runtime.ts";
import { stoodStill } from "../arrival.ts";
import {
  type DriverConnection,
  type DriverQueue,
  type Handler,
  handlerOf,
  type RawOptions,
  type RawReserved,
  type RawSql,
  type Socket,
} from "./driver.ts";
import { socketsOf } from "./sockets.ts";

export interface Reserved {
  readonly sql: RawReserved;
  /** Sends a query on it. */
  readonly handler: Handler;
  readonly connection: DriverConnection;
  /** Undefined where it is not known. */
  readonly socket: Socket | undefined;
  /** To who is next. */
  release(): void;
  /** Older than it is to become. The driver would end it, but not one that is reserved at that moment. */
  isOld(): boolean;
}

interface Reservation extends Reserved {
  /** What the driver has made for {@link DriverConnection.reserved}. */
  readonly mark: unknown;
}

export interface Openings {
  /** At once, where one is free that was reserved before. @throws What the driver says when one cannot be opened. */
  reserve(): Promise<Reserved> | Reserved;
  /** Connections that are open and that nobody uses. */
  free(): number;
  /** Connections that are being opened. */
  underWay(): number;
  /** Ends those that are not in use: also such as the driver would wait for, since it has seen them reserved, or lost. */
  end(isInUse: (id: number) => boolean): void;
}

export function openingsOf(raw: RawSql, runtime: Runtime): Openings {
  const sockets = socketsOf(raw.options);
  let underWay = 0;
  /** The driver's own: of connections that nobody uses. */
  let free: DriverQueue | undefined;
  const opened = new Set<DriverConnection>();
  /** On the monotonic clock. */
  const oldAt = new WeakMap<DriverConnection, number>();
  /** Of connections that nobody uses. */
  const rests = new WeakMap<DriverConnection, Rest>();
  const freeNow = () => free?.length ?? 0;
  /** Of each connection its first reservation, as good for the next: the driver makes a whole `sql` for each. */
  const reservations = new WeakMap<DriverConnection, Reservation>();

  async function open(): Promise<void> {
    underWay += 1;
    const sinceMs = runtime.monotonicMs();
    try {
      const connection = await sockets.opening(() => proven(raw));
      free ??= connection.queue;
      opened.add(connection);
      rests.set(connection, restsNow(runtime));
      oldAt.set(connection, runtime.monotonicMs() + lifetimeMs(raw.options));
    } catch (error) {
      // The driver tells the first statement of a connection why the one before it in its place was ended.
      if (freeNow() === 0 && !isLateTimeout(error, raw.options, sinceMs, runtime)) throw error;
    } finally {
      underWay -= 1;
    }
  }
  async function opening(): Promise<Reserved> {
    // What was opened here may have gone to somebody else meanwhile.
    while (freeNow() === 0) await open();
    return next();
  }
  function next(): Promise<Reserved> | Reserved {
    const connection = free?.shift() as DriverConnection;
    const rest = rests.get(connection);
    return hasRested(rest, runtime) ? listened(connection, rest) : there(connection);
  }
  /** The server may have ended it unseen: the driver then puts it in another queue. */
  async function listened(connection: DriverConnection, rest: Rest): Promise<Reserved> {
    connection.idleTimer.cancel();
    const isFit = () => connection.queue === free;
    await listenTo(rest, runtime, isFit);
    if (isFit()) return there(connection);
    return freeNow() > 0 ? next() : opening();
  }
  function there(connection: DriverConnection): Promise<Reserved> | Reserved {
    const reservation = reservations.get(connection);
    if (!reservation) return first(connection);
    connection.idleTimer.cancel();
    connection.reserved = reservation.mark;
    return reservation;
  }
  /** The driver takes the connection from its queue, so it is put back where the driver looks first. */
  async function first(connection: DriverConnection): Promise<Reserved> {
    const others: DriverConnection[] = [];
    for (let count = freeNow(); count > 0; count -= 1) others.push(free?.shift() as DriverConnection);
    for (const one of [connection, ...others]) free?.push(one);
    const sql = await raw.reserve();
    const reservation: Reservation = {
      sql,
      handler: handlerOf(sql),
      connection,
      mark: connection.reserved,
      get socket() {
        return sockets.of(connection);
      },
      release: () => {
        rests.set(connection, restsNow(runtime));
        sql.release();
      },
      isOld: () => runtime.monotonicMs() >= (oldAt.get(connection) ?? Number.POSITIVE_INFINITY),
    };
    reservations.set(connection, reservation);
    return reservation;
  }

  return {
    free: freeNow,
    underWay: () => underWay,
    end: (isInUse) => {
      for (const connection of opened) if (!isInUse(connection.id)) connection.terminate();
    },
    reserve: () => (freeNow() > 0 ? next() : opening()),
  };
}

/** A connection of the pool's that has answered. */
function proven(raw: RawSql): Promise<DriverConnection> {
  return new Promise((resolve, reject) => {
    let connection: DriverConnection | undefined;
    const onexecute = (one: DriverConnection) => {
      connection = one;
      return true;
    };
    raw.unsafe("", [], { onexecute }).then(() => {
      if (connection) resolve(connection);
      else reject(new TypeError("guardSql: this version of postgres.js does not tell its connections; use 3.4"));
    }, reject);
  });
}

/** By a timer of the driver's that was heard before what had arrived was read. */
export function isLateTimeout(error: unknown, options: RawOptions, sinceMs: number, runtime: Runtime): boolean {
  if (codeOf(error) !== "CONNECT_TIMEOUT") return false;
  return stoodStill(runtime, sinceMs, 1_000 * Number(options.connect_timeout ?? Number.POSITIVE_INFINITY));
}

function lifetimeMs({ max_lifetime: lifetime }: RawOptions): number {
  const seconds = typeof lifetime === "function" ? lifetime() : lifetime;
  return seconds ? Number(seconds) * 1_000 : Number.POSITIVE_INFINITY;
}
