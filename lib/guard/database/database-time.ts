/**
 * The database's part of the time for which a permit is held. Who waits for a connection, reads a stream slowly, or thinks
 * in the middle of a transaction, uses up the deadline; the database is neither slow nor failing for that.
 */
import { DatabaseError } from "../../database/port.ts";
import { ownErrorIn } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import type { Classify } from "../outcome.ts";

export class DatabaseTime {
  readonly #runtime: Runtime;
  #spentMs = 0;
  #since: number | null = null;
  #startedAt: number | null = null;
  #waitedMs = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** There is a connection: what was until now was the wait for one. */
  connected(): void {
    const now = this.#runtime.monotonicMs();
    this.#waitedMs = now - (this.#startedAt ?? now);
    this.#spentMs = 0;
    this.#since = now;
  }

  /** From now on it is the holder who keeps things waiting. */
  pause(): void {
    if (this.#since !== null) this.#spentMs += this.#runtime.monotonicMs() - this.#since;
    this.#since = null;
  }

  /** From now on it is the database. */
  resume(): void {
    this.#since ??= this.#runtime.monotonicMs();
    this.#startedAt ??= this.#since;
  }

  readonly ms = (): number => this.#spentMs + (this.#since === null ? 0 : this.#runtime.monotonicMs() - this.#since);

  /**
   * A call that timed out while the database was waiting for its holder counts for nothing, and so does one that spent
   * half of its time and more on the wait for a connection: what would have ended within the whole deadline, had it begun
   * at once, then never counts as a failure.
   */
  readonly classify: Classify = (error) => {
    const own = ownErrorIn(error);
    return own instanceof DatabaseError && own.fault === "timeout" && this.#isHolders() ? "ignored" : undefined;
  };

  #isHolders(): boolean {
    if (this.#since === null) return true;
    const tookMs = this.#runtime.monotonicMs() - (this.#startedAt ?? this.#since);
    return this.#waitedMs > 0 && this.#waitedMs * 2 >= tookMs;
  }
}
