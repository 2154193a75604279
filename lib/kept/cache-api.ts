/**
 * Kept answers in the Cache API, as Cloudflare, Deno and browsers have it: for one place or process, and free of charge.
 * It has no clock, so the time stands beside the answer.
 */
import { systemRuntime } from "../runtime.ts";
import type { KeepHome } from "./port.ts";

export type { KvEntry, MaybePromise } from "../store/port.ts";
export type { KeepHome } from "./port.ts";

/** What a cache is, as far as it is used here. */
export interface AnswerCache {
  /**
   * Undefined where there is none.
   *
   * @throws Error where the platform has no cache, or cannot read it.
   */
  match(request: string): Promise<Response | undefined>;
  /**
   * Keeps a response for as long as its `Cache-Control` says.
   *
   * @throws Error where the platform does not take it.
   */
  put(request: string, response: Response): Promise<void>;
}

/** Never asked: a cache wants an address for what it keeps. */
const ORIGIN = "https://kept.tidegate.invalid/";
/** When it was set, and until when it is kept: not every platform takes out what is older. */
const AT = "x-tidegate-at";
const UNTIL = "x-tidegate-until";

/**
 * Kept answers in the Cache API. Never throws: a platform without one is as a place that is away.
 *
 * @param open The cache. Default: `caches.default` of Cloudflare, or one by the name of `tidegate`.
 * @example
 * ```ts
 * const tideOf = (env: { GATES: ObjectNamespace }) =>
 *   tidegate({ database, store: durableObject(env.GATES), keepHome: cacheApi() });
 * ```
 */
export function cacheApi(open: () => AnswerCache | Promise<AnswerCache> = platformCache): KeepHome {
  const { wallMs } = systemRuntime();
  const addressOf = (key: string) => `${ORIGIN}${encodeURIComponent(key)}`;
  return {
    get: async (key) => {
      const found = await (await open()).match(addressOf(key));
      if (!found) return null;
      const timeOf = (name: string) => Number(found.headers.get(name) ?? Number.NaN);
      const value = await found.text();
      const now = Math.floor(wallMs());
      const isKept = now >= timeOf(AT) && now < timeOf(UNTIL);
      return isKept ? { value, ageMs: now - timeOf(AT) } : null;
    },
    set: async (key, value, ttlMs) => {
      const now = Math.floor(wallMs());
      const headers = {
        "Cache-Control": `max-age=${Math.ceil(ttlMs / 1_000)}`,
        [AT]: `${now}`,
        [UNTIL]: `${now + Math.ceil(ttlMs)}`,
      };
      await (await open()).put(addressOf(key), new Response(value, { headers }));
    },
  };
}

/** @throws Error where the platform has none. */
async function platformCache(): Promise<AnswerCache> {
  const { caches } = globalThis as {
    caches?: { readonly default?: AnswerCache; open(name: string): Promise<AnswerCache> };
  };
  if (!caches) {
    throw new Error("cacheApi: the platform has no Cache API; leave keepHome out for the store, or hand a cache in");
  }
  return caches.default ?? caches.open("tidegate");
}
