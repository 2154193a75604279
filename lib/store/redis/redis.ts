/**
 * Redis from 6.2 on, and Valkey: one server, a cluster, or what Sentinels watch; by node-redis, or by a client that is
 * there already. What it runs is in `lua/`.
 *
 * Map of this folder: `options` is what a user writes, `settings` what is made of it; `connection` puts together what
 * is asked of a Redis. `commands` runs scripts at one server, `cluster` at several, by its `topology` of `slots`;
 * `sentinel` says where a primary is, and by `locator` one whose place another has is left; `subscriptions` listens.
 * Each of their connections is a `client`, and `lasting` opens the next. `given` is a client of the application's own,
 * `served` while it has its server. `numbered` sees to it that nobody gets another's answer, `misplaced` that a wrong kind
 * of server is called by its name.
 */
import type { PushMessage } from "../../gate/renewal.ts";
import { SESSIONS_KEPT } from "../../gate/state.ts";
import { assertInstalled } from "../../optional-package.ts";
import type { Runtime } from "../../runtime.ts";
import { pushChannels } from "../lua/gate/wire.ts";
import { luaStore } from "../lua/lua.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { CONNECT_TIMEOUT_MS } from "./client.ts";
import { type Connection, openConnection, overGiven } from "./connection.ts";
import { isClient, type RedisClient, readGiven } from "./given.ts";
import type { RedisOptions } from "./options.ts";
import { settingsOf } from "./settings.ts";

export type { RedisNode } from "../../redis-url.ts";
export type { StoreAdapter } from "../port.ts";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./given.ts";
export type { RedisOptions, RedisPassword, RedisTls } from "./options.ts";

const RENEWALS_PER_SECOND = 5_000;
const DEADLINE_MS = 250;
const MESSAGES: readonly string[] = ["wake", "reclaim", "changed"] satisfies PushMessage[];

/**
 * A store in Redis or Valkey. Connects to nothing until it is first used.
 *
 * Guarantees: atomic, since a renewal is one script; clock: the server's `TIME`; durability: what the server is configured
 * for; a failover loses what was not replicated, which the gate takes for a new life only where it lost everything.
 * The server must not evict (`maxmemory-policy noeviction`). A user with rights of its own needs the keys `~{tidegate:*`,
 * and `~tidegate:*` where requests are limited, and to be called the channels `&{tidegate:*`.
 *
 * @param from A URL: `redis://user:password@host:port`, `rediss://`, `redis+unix://`, `redis+cluster://`,
 *   `redis+sentinel://`; or {@link RedisOptions}; or a client of node-redis or ioredis, which is never closed here.
 * @throws TypeError when it is missing, or is none of these; or the package `redis` is not installed, and no client was given.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: redis("redis://localhost:6379") });
 * ```
 * @example
 * ```ts
 * const tide = tidegate({
 *   database: postgres(url),
 *   store: redis({ nodes: ["cache-1:6379", "cache-2:6379"], tls: true, password: async () => "as it is now" }),
 * });
 * ```
 */
export function redis(from: string | RedisOptions | RedisClient | undefined): StoreAdapter {
  if (isClient(from)) {
    const given = readGiven(from);
    const { address, secrets } = given;
    return { kind: "redis", address, secrets, open: (runtime) => open(address, overGiven(given, runtime), runtime) };
  }
  const settings = settingsOf(from);
  assertInstalled("redis", "redis");
  const { address, secrets } = settings;
  return {
    kind: "redis",
    address,
    secrets,
    open: (runtime) => open(address, openConnection(settings, runtime), runtime),
  };
}

function open(address: string, connection: Connection, runtime: Runtime): Store {
  return {
    kind: "redis",
    address,
    traits: {
      gate: { pushes: true, renewalsPerSecond: RENEWALS_PER_SECOND, sessionsKept: SESSIONS_KEPT },
      inProcess: false,
      sharesIo: true,
      freezes: false,
      ownClock: true,
      deadlineMs: DEADLINE_MS,
      firstContactMs: CONNECT_TIMEOUT_MS,
    },
    ...luaStore(connection, runtime),
    onPush(scope, instance, listener, refused) {
      const hear = (text: string) => {
        const [message = ""] = text.split(" ", 1);
        if (MESSAGES.includes(message)) listener(text.slice(message.length + 1), message as PushMessage);
      };
      return connection.subscribe(pushChannels(scope, instance), hear, refused);
    },
    ...(connection.onReachable && { onReachable: connection.onReachable }),
    close: () => connection.close(),
  };
}
