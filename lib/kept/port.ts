/**
 * The port of kept answers: the place where they outlive their source.
 *
 * Map of this folder: `kept` is the whole: asks a source or what is kept of it; `rules` is what may be said about that.
 * `port` (this file) is a place, of which `tiers` uses two, `memory` and another one; `form` is an answer as a place has
 * it, `key` what it is found by. `flights` makes one call of many in an instance, `fleet-claim` and its machine `claim`
 * in a fleet; `refreshing` asks for nobody. `forgetting` ends what is kept before its time, `figures` counts.
 * `cloudflare-kv` and `cache-api` are places that no store has.
 */
import type { KvEntry, MaybePromise } from "../store/port.ts";

/**
 * A place for kept answers. What it is given is text; how old that is, it says by a clock of its own where it has one.
 * `Store.kv` is such a place.
 */
export interface KeepHome {
  /**
   * What was set under that key; null where there is nothing, or not any more.
   *
   * @throws Error where the place does not answer.
   */
  get(key: string): MaybePromise<KvEntry | null>;
  /**
   * Keeps a text for `ttlMs` milliseconds.
   *
   * @throws Error where the place does not answer, or does not take it.
   */
  set(key: string, value: string, ttlMs: number): MaybePromise<void>;
}
