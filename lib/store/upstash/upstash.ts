/**
 * Upstash Redis over REST, for platforms that open no sockets. What it runs is in `lua/`.
 *
 * Map of this folder: `target` reads the URL and the token, `requests` sends the scripts, each as one `command`.
 */
import { SESSIONS_KEPT } from "../../gate/state.ts";
import { platformName, type Runtime } from "../../runtime.ts";
import { luaStore } from "../lua/lua.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { openRequests } from "./requests.ts";
import { parseUpstash, type UpstashTarget } from "./target.ts";

export interface UpstashOptions {
  /** The database's REST token; not the read-only one. */
  readonly token: string | undefined;
  /** How long a new life leaves to holders to be adopted, in milliseconds. Default 2,000; tests want less. */
  readonly adoptingMs?: number;
}

const DEFAULT_ADOPTING_MS = 2_000;

/**
 * A store in Upstash Redis, or behind any server that speaks its REST. Sends nothing until it is first used; then one
 * request for each batch, two where the database does not know the script yet.
 *
 * Guarantees: atomic, since a batch is one script; clock: the database's `TIME`; durability: a batch is answered before
 * it is replicated; a failover loses what was not, which the gate takes for a new life only where it lost everything,
 * and after a split the last writer wins, key by key. A batch of a gate that is repeated on the way takes effect once.
 * Nobody is woken: who waits asks again, after 10 ms to 1 s. The database must not evict.
 *
 * @param url `https://host`, or `upstash:https://host` as in `STATE_URL`.
 * @throws TypeError when the URL or the token is missing or is none; it repeats neither.
 * @example
 * ```ts
 * const store = upstash("https://eu1-tidy-crab-12345.upstash.io", { token: process.env.STATE_TOKEN });
 * const tide = tidegate({ database: postgres(url), store });
 * ```
 */
export function upstash(url: string | undefined, options: UpstashOptions): StoreAdapter {
  const target = parseUpstash(url, options.token);
  return { kind: "upstash", address: target.address, open: (runtime) => open(target, options, runtime) };
}

function open(target: UpstashTarget, options: UpstashOptions, runtime: Runtime): Store {
  const requests = openRequests(target, runtime);
  return {
    kind: "upstash",
    address: target.address,
    traits: {
      gate: { wakes: false, adoptingMs: options.adoptingMs ?? DEFAULT_ADOPTING_MS, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      // On Workers a request must not wait for what another one asked.
      sharesIo: platformName() !== "workerd",
      ownClock: true,
    },
    ...luaStore(requests, runtime),
    // Its subscriptions are requests that stay open, which most platforms of short requests cut.
    onWake: () => () => {},
    close: () => requests.close(),
  };
}
