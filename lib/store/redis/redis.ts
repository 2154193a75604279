/**
 * Redis by node-redis, from 6.2 on. What it runs is in `lua/`.
 *
 * Map of this folder: `address` reads the URL; `connection` runs scripts, `subscriptions` listens, each over a `client`
 * of its own; `numbered` sees to it that nobody gets another's answer.
 */
import type { PushMessage } from "../../gate/renewal.ts";
import { SESSIONS_KEPT } from "../../gate/state.ts";
import type { Runtime } from "../../runtime.ts";
import { pushChannels } from "../lua/gate/wire.ts";
import { luaStore } from "../lua/lua.ts";
import type { Store, StoreAdapter } from "../port.ts";
import { parseRedisUrl, type RedisTarget } from "./address.ts";
import { CONNECT_TIMEOUT_MS } from "./client.ts";
import { openConnection } from "./connection.ts";

export type { StoreAdapter } from "../port.ts";

const RENEWALS_PER_SECOND = 5_000;
const DEADLINE_MS = 250;
const MESSAGES: readonly string[] = ["wake", "reclaim", "changed"] satisfies PushMessage[];

/**
 * A store in Redis. Connects to nothing until it is first used.
 *
 * Guarantees: atomic, since a renewal is one script; clock: the server's `TIME`; durability: what the server is configured
 * for; a failover loses what was not replicated, which the gate takes for a new life only where it lost everything.
 * The server must not evict (`maxmemory-policy noeviction`). A user with rights of its own needs the keys `~{tidegate:*`,
 * and `~tidegate:*` where requests are limited, and to be called the channels `&{tidegate:*`.
 *
 * @param url `redis://user:password@host:port`, or `rediss://`.
 * @throws TypeError when the URL is missing or is none of Redis.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: redis("redis://localhost:6379") });
 * ```
 */
export function redis(url: string | undefined): StoreAdapter {
  const target = parseRedisUrl(url);
  const { address, secrets } = target;
  return { kind: "redis", address, secrets, open: (runtime) => open(target, runtime) };
}

function open(target: RedisTarget, runtime: Runtime): Store {
  const connection = openConnection(target, runtime);
  return {
    kind: "redis",
    address: target.address,
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
    close: () => connection.close(),
  };
}
