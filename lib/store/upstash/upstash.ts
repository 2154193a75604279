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

export type { StoreAdapter } from "../port.ts";

/** By what Upstash lets in. */
export interface UpstashOptions {
  /** The database's REST token; not the read-only one. */
  readonly token: string | undefined;
}

const RENEWALS_PER_SECOND = 5_000;
/** A request may cross an ocean. */
const DEADLINE_MS = 1_000;
/** It looks a name up, connects and agrees upon keys; and brings the script where the database does not know it. */
const FIRST_CONTACT_MS = 2_000;

/**
 * A store in Upstash Redis, or behind any server that speaks its REST. Sends nothing until it is first used; then one
 * request for each renewal, two where the database does not know the script yet.
 *
 * Guarantees: atomic, since a renewal is one script; clock: the database's `TIME`; durability: a renewal is answered
 * before it is replicated; a failover loses what was not, which the gate takes for a new life only where it lost
 * everything, and after a split the last writer wins, key by key. A renewal that is repeated on the way takes effect
 * once. Nothing is pushed: who waits asks again, after 10 to 250 ms. The database must not evict.
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
  const { address, token } = target;
  return { kind: "upstash", address, secrets: [token], open: (runtime) => open(target, runtime) };
}

function open(target: UpstashTarget, runtime: Runtime): Store {
  const requests = openRequests(target, runtime);
  return {
    kind: "upstash",
    address: target.address,
    traits: {
      gate: { pushes: false, renewalsPerSecond: RENEWALS_PER_SECOND, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      // On Workers a request must not wait for what another one asked.
      sharesIo: platformName() !== "workerd",
      freezes: false,
      ownClock: true,
      deadlineMs: DEADLINE_MS,
      firstContactMs: FIRST_CONTACT_MS,
    },
    ...luaStore(requests, runtime),
    // Its subscriptions are requests that stay open, which most platforms of short requests cut.
    onPush: () => () => {},
    close: () => requests.close(),
  };
}
