/** The Durable Object: one gate, one state, one value or one log, whatever it is asked for. */
import { type Runtime, systemRuntime } from "../../runtime.ts";
import { type Call, encodeAnswer, encodeError } from "./calls.ts";
import { gateKeptUntil } from "./entries.ts";
import { type GateHost, gateHost } from "./gate-host.ts";
import type { ObjectState, ObjectStorage } from "./platform.ts";
import { append, getValue, loadState, read, setValue, stateKeptUntil, storeState, valueExpiry } from "./values.ts";

/**
 * The class behind the binding of `durableObject()`. Export it from the Worker's entry and name it in `wrangler.toml`.
 *
 * A renewal is applied in memory and stored in the same synchronous turn: `transactionSync` makes its rows one
 * transaction, the platform's output gate holds the answer until that is durable. Where a row cannot be written, all are
 * rolled back, the state in memory is given up, and the answer is the error; where the commit itself fails, the platform
 * sends no answer and resets the object, memory included. So what was answered is stored, and memory never differs.
 *
 * It answers `fetch` rather than RPC: a class for RPC extends one of `cloudflare:workers`, which neither Node nor Deno
 * can import.
 *
 * @example
 * ```ts
 * // worker.ts
 * export { TidegateObject } from "tidegate/stores/durable-object";
 * // wrangler.toml
 * //   [[durable_objects.bindings]]
 * //   name = "TIDEGATE"
 * //   class_name = "TidegateObject"
 * //   [[migrations]]
 * //   tag = "tidegate-1"
 * //   new_sqlite_classes = ["TidegateObject"]
 * ```
 */
export class TidegateObject {
  readonly #storage: ObjectStorage;
  readonly #runtime: Runtime;
  readonly #gate: GateHost;
  #isWatched = false;

  /**
   * Made by the platform, which hands in the first two.
   *
   * @param runtime The object's clock; tests hand in one that they own.
   */
  constructor(state: ObjectState, _env?: unknown, runtime: Runtime = systemRuntime()) {
    this.#storage = state.storage;
    this.#runtime = runtime;
    this.#gate = gateHost(state.storage);
  }

  /** Answers one call of the adapter, also where it failed. Never rejects. */
  async fetch(request: Request): Promise<Response> {
    return new Response(
      await request
        .json()
        .then((call) => this.#answer(call as Call))
        .then(encodeAnswer, encodeError),
    );
  }

  /** Removes what has expired, and everything with it: an object keeps one thing. */
  async alarm(): Promise<void> {
    const due = this.#keptUntil();
    if (due !== undefined && due > this.#now()) return this.#storage.setAlarm(due);
    this.#gate.forget();
    this.#isWatched = false;
    await this.#storage.deleteAll();
  }

  async #answer(call: Call): Promise<unknown> {
    const { kv } = this.#storage;
    switch (call.call) {
      case "gate":
        return this.#watched(() => this.#gate.apply(call.renewal, this.#now()));
      case "loadState":
        return loadState(kv, this.#now());
      case "storeState":
        return this.#watched(() => storeState(kv, call, this.#now()));
      case "getValue":
        return getValue(kv, this.#now());
      case "setValue":
        await this.#storage.setAlarm(setValue(this.#storage, call, this.#now()));
        return null;
      case "append":
        return append(this.#storage, call);
      case "read":
        return read(kv, call);
    }
  }

  /**
   * Sees to it that an alarm looks after what `write` has stored. Once in a life of this instance: an alarm set with every
   * renewal would be a row written with every renewal, so it goes off for nothing now and then, and is set anew.
   */
  async #watched<Answer>(write: () => Answer): Promise<Answer> {
    if (this.#isWatched) return write();
    const alarm = await this.#storage.getAlarm();
    const answer = write();
    const due = this.#keptUntil();
    if (due === undefined) return answer;
    // In one turn with what was written, so that neither is stored without the other.
    if (alarm === null) await this.#storage.setAlarm(due);
    this.#isWatched = true;
    return answer;
  }

  /** Undefined where nothing is kept that is over some day. */
  #keptUntil(): number | undefined {
    const { kv } = this.#storage;
    return valueExpiry(kv) ?? gateKeptUntil(kv) ?? stateKeptUntil(kv);
  }

  #now(): number {
    return Math.floor(this.#runtime.wallMs());
  }
}
