/**
 * Redis by node-redis, from 6.2 on. What it runs is in `lua/`.
 *
 * Map of this folder: `address` reads the URL, `connection` opens and keeps the two connections.
 */
import { SESSIONS_KEPT } from "../../gate/state.ts";
import type { Runtime } from "../../runtime.ts";
import { wakeChannel } from "../lua/gate/wire.ts";
import { luaStore } from "../lua/lua.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { parseRedisUrl, type RedisTarget } from "./address.ts";
import { openConnection } from "./connection.ts";

export interface RedisOptions {
  /** How long a new life leaves to holders to be adopted, in milliseconds. Default 2,000; tests want less. */
  readonly adoptingMs?: number;
}

const DEFAULT_ADOPTING_MS = 2_000;

/**
 * A store in Redis. Connects to nothing until it is first used.
 *
 * Guarantees: atomic, since a batch is one script; clock: the server's `TIME`; durability: what the server is configured
 * for; a failover loses what was not replicated, which the gate takes for a new life only where it lost everything.
 * The server must not evict (`maxmemory-policy noeviction`).
 *
 * @param url `redis://user:password@host:port`, or `rediss://`.
 * @throws TypeError when the URL is missing or is none of Redis.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: redis("redis://localhost:6379") });
 * ```
 */
export function redis(url: string | undefined, options: RedisOptions = {}): StoreAdapter {
  const target = parseRedisUrl(url);
  return { kind: "redis", address: target.address, open: (runtime) => open(target, options, runtime) };
}

function open(target: RedisTarget, options: RedisOptions, runtime: Runtime): Store {
  const connection = openConnection(target, runtime);
  return {
    kind: "redis",
    address: target.address,
    traits: {
      gate: { wakes: true, adoptingMs: options.adoptingMs ?? DEFAULT_ADOPTING_MS, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      sharesIo: true,
      ownClock: true,
    },
    ...luaStore(connection, runtime),
    onWake: (key, session, listener) =>
      connection.subscribe(wakeChannel(key, session), (lane) => {
        if (lane === "request" || lane === "slow") listener(lane);
      }),
    close: () => connection.close(),
  };
}
