/**
 * Redis by node-redis, from 6.2 on: the gate as one script, and what else the port asks for.
 *
 * Map of this folder: `address` reads the URL, `connection` opens and keeps the two connections, `script/` is the gate
 * in Lua and its wire format, `compare-and-set` runs every other machine, `values` are the small values and the log.
 */
import type { Batch } from "../../gate/commands.ts";
import { validate } from "../../gate/validate.ts";
import type { Runtime } from "../../runtime.ts";
import type { Machine, Store, StoreAdapter } from "../port.ts";
import { parseRedisUrl, type RedisTarget } from "./address.ts";
import { compareAndSet } from "./compare-and-set.ts";
import { type Connection, openConnection, type Script } from "./connection.ts";
import { GATE_SCRIPT } from "./script/script.ts";
import { decodeStep, encodeBatch, gateKeys, wakeChannel } from "./script/wire.ts";
import { openKv, openLog } from "./values.ts";

export interface RedisOptions {
  /** How long a new life leaves to holders to be adopted, in milliseconds. Default 2,000; tests want less. */
  readonly adoptingMs?: number;
}

const DEFAULT_ADOPTING_MS = 2_000;
const GATE: Script = { text: GATE_SCRIPT, what: "apply a batch" };

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
    traits: { wakes: true, inProcess: false, adoptingMs: options.adoptingMs ?? DEFAULT_ADOPTING_MS },
    transact<State, Step, Result>(machine: Machine<State, Step, Result>, key: string, batch: Step): Promise<Result> {
      // By its name alone: the script is that machine, told in the server's language.
      if (machine.name === "gate") return transactGate(connection, key, batch as Batch) as Promise<Result>;
      return compareAndSet(connection, runtime, machine, key, batch);
    },
    onWake: (key, session, listener) =>
      connection.subscribe(wakeChannel(key, session), (lane) => {
        if (lane === "request" || lane === "slow") listener(lane);
      }),
    kv: openKv(connection),
    log: openLog(connection),
    close: () => connection.close(),
  };
}

async function transactGate(connection: Connection, key: string, batch: Batch) {
  // The store's clock is not known here; the script reads it where nobody can set it.
  validate(batch, 0);
  return decodeStep(await connection.run(GATE, gateKeys(key), [encodeBatch(batch)]));
}
