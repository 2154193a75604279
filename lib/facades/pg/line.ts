/** A connection of the pool, as it is held under a permit. */
import { CANCEL_GRACE_MS } from "../../gate/lanes.ts";
import type { Runtime } from "../../runtime.ts";
import { isAnswer, isOfConnection, millisecondsIn } from "../errors.ts";
import type { Cancel, Line } from "../hold.ts";
import { cancelAtServer } from "./cancel.ts";
import type { PgClient, PoolOptions, Release } from "./driver.ts";
import { isReadTimeout } from "./errors.ts";

export class PgLine implements Line {
  readonly client: PgClient;
  readonly #release: Release;
  readonly #options: PoolOptions;
  readonly #runtime: Runtime;

  /** @param release Called once; with an error the pool closes the connection. */
  constructor(client: PgClient, release: Release, options: PoolOptions, runtime: Runtime) {
    this.client = client;
    this.#release = release;
    this.#options = options;
    this.#runtime = runtime;
  }

  get writesAhead(): boolean {
    return this.client.pipeline === true;
  }

  get statementTimeoutMs(): number | undefined {
    return millisecondsIn(this.#options.statement_timeout);
  }

  /** The driver says so itself. */
  lost(): undefined {
    return undefined;
  }

  cancel(): Cancel {
    return cancelAtServer(this.client, this.#options);
  }

  retires(error: unknown): boolean {
    return !isAnswer(error) || isOfConnection(error);
  }

  isUnanswered(error: unknown): boolean {
    return isReadTimeout(error);
  }

  back(because: unknown): void {
    const { client } = this;
    if (because || client.readyForQuery !== false) {
      this.#back(because);
      return;
    }
    // The error of a statement comes before the word that the next may be sent, and of the state that it is sent in.
    const ready = () => {
      this.#runtime.clearTimer(late);
      client.removeListener("drain", ready);
      client.removeListener("end", ready);
      this.#back(undefined);
    };
    const late = this.#runtime.setTimer(ready, CANCEL_GRACE_MS);
    client.on("drain", ready);
    client.on("end", ready);
  }

  #back(because: unknown): void {
    const status = this.client.getTransactionStatus?.();
    const isAtRest = this.client.readyForQuery !== false && status !== "T" && status !== "E";
    this.#release(because || (isAtRest ? undefined : new Error("The connection was given back in a transaction.")));
  }

  destroy(because: unknown): void {
    this.#release(because instanceof Error ? because : new Error("The time of the connection is over."));
    this.client.connection?.stream?.destroy?.();
  }
}
