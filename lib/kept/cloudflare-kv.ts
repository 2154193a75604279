/**
 * Kept answers in a KV namespace of Cloudflare: near to every colo, and behind by up to a minute. It has no clock, so the
 * time stands beside the answer, by the clock of who wrote it.
 */
import { systemRuntime } from "../runtime.ts";
import type { KeepHome } from "./port.ts";

export type { KvEntry, MaybePromise } from "../store/port.ts";
export type { KeepHome } from "./port.ts";

/** What a KV namespace is, as far as it is used here. */
export interface KvNamespace {
  /**
   * Null where there is none.
   *
   * @throws Error where Cloudflare does not answer.
   */
  get(key: string): Promise<string | null>;
  /**
   * Keeps a text for `expirationTtl` seconds, 60 at least.
   *
   * @throws Error where Cloudflare does not take it, such as a second time within a second.
   */
  put(key: string, value: string, options: { readonly expirationTtl: number }): Promise<unknown>;
}

/** The least that Cloudflare takes. */
const LEAST_SECONDS = 60;
/** When it was set, and until when it is kept. */
const TIMES = /^(\d{13}) (\d{13,15}) /;

/**
 * Kept answers in a KV namespace. A namespace takes one writing a second for each key, which is as often as an answer is
 * replaced by one instance; what it refuses is kept by the next one.
 *
 * @param namespace A binding, such as `env.KEPT`.
 * @throws TypeError for what is no namespace.
 * @example
 * ```ts
 * const tideOf = (env: { GATES: ObjectNamespace; KEPT: KvNamespace }) =>
 *   tidegate({ database, store: durableObject(env.GATES), keepHome: cloudflareKv(env.KEPT) });
 * ```
 */
export function cloudflareKv(namespace: KvNamespace): KeepHome {
  if (typeof namespace?.get !== "function" || typeof namespace.put !== "function") {
    throw new TypeError(
      "cloudflareKv: a KV namespace is needed, such as env.KEPT with kv_namespaces in wrangler.toml, was " +
        `${namespace === null ? "null" : typeof namespace}`,
    );
  }
  const { wallMs } = systemRuntime();
  return {
    get: async (key) => {
      const text = (await namespace.get(key)) ?? "";
      const [times, at, until] = TIMES.exec(text) ?? [];
      if (times === undefined) return null;
      const now = Math.floor(wallMs());
      // One from the future comes from a clock that is wrong.
      const isKept = now >= Number(at) && now < Number(until);
      return isKept ? { value: text.slice(times.length), ageMs: now - Number(at) } : null;
    },
    set: async (key, value, ttlMs) => {
      const expirationTtl = Math.max(LEAST_SECONDS, Math.ceil(ttlMs / 1_000));
      const now = Math.floor(wallMs());
      await namespace.put(key, `${now} ${now + Math.ceil(ttlMs)} ${value}`, { expirationTtl });
    },
  };
}
