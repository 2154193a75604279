/** One connection of the driver's, reserved: what runs on it, and how it is given back or ended. */
import { databaseError } from "../../database/failure.ts";
import { cancelled } from "../../database/postgres/cancel.ts";
import { isOfConnection, millisecondsIn } from "../errors.ts";
import type { Cancel, Line } from "../hold.ts";
import type { RawQuery, RawReserved, RawSql } from "./driver.ts";
import type { Reserved } from "./openings.ts";

/** The pool, as its lines see it. */
export interface LinePool {
  readonly raw: RawSql;
  /** Those in use, by their connections. */
  readonly lines: Map<number, ReservedLine>;
  /** The pool is ended, and with it what nobody uses any more. */
  readonly isClosed: boolean;
  /** A place is free again. */
  vacate(): void;
}

export class ReservedLine implements Line {
  readonly writesAhead = false;
  readonly #reserved: Reserved;
  readonly #pool: LinePool;
  #isLost = false;
  #isGone = false;
  #last: RawQuery | undefined;

  constructor(reserved: Reserved, pool: LinePool) {
    this.#reserved = reserved;
    this.#pool = pool;
    pool.lines.set(reserved.connection.id, this);
  }

  get sql(): RawReserved {
    return this.#reserved.sql;
  }

  get statementTimeoutMs(): number | undefined {
    return millisecondsIn(this.#pool.raw.options.connection?.statement_timeout);
  }

  // The driver would write to a socket that it has no more, which ends the process.
  lost(): unknown {
    return this.#isLost ? databaseError("connection", { code: "CONNECTION_CLOSED", message: "closed" }) : undefined;
  }

  /** Its connection was closed. */
  closed(): void {
    this.#isLost = true;
    if (this.#isGone) this.#leave();
  }

  /** Sends a query on it, one at a time. */
  send(query: RawQuery): void {
    this.#last = query;
    this.#reserved.handler(query);
  }

  cancel(): Cancel | undefined {
    const { raw } = this.#pool;
    if (!this.#last?.active) return undefined;
    return { closed: cancelled(raw as never, this.#last).then(() => true), destroy: () => {} };
  }

  retires(error: unknown): boolean {
    return isOfConnection(error);
  }

  isUnanswered(): boolean {
    return false;
  }

  back(because: unknown): void {
    if (this.#isGone) return;
    if (because !== undefined || this.#isLost) {
      this.destroy();
      return;
    }
    this.#isGone = true;
    if (this.#pool.isClosed || this.#reserved.isOld()) {
      this.#reserved.connection.terminate();
      return;
    }
    // First: what comes next looks for it among those that are free.
    this.#reserved.release();
    this.#leave();
  }

  /** Its place is taken until the driver has noticed, or somebody else would be sent to wait for it. */
  destroy(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { socket, connection } = this.#reserved;
    if (this.#isLost) this.#leave();
    else if (socket) socket.destroy();
    else connection.terminate();
  }

  #leave(): void {
    const { connection } = this.#reserved;
    this.#pool.lines.delete(connection.id);
    this.#pool.vacate();
    // The driver waits for it even so, where it was lost with a statement on it.
    if (this.#pool.isClosed) connection.terminate();
  }
}
