/** Knex keeps connections in a pool of its own kind; this is that kind, over one of `pg`. */
import type { PgPool, RawPool } from "./driver.ts";

interface Connection {
  release(error?: unknown): void;
  /** Knex notes here what a connection has died of. */
  readonly __knex__disposed?: unknown;
}

/** What Knex takes as its `connectionPool`. */
export interface KnexPool {
  /** A connection until it is released. The promise rejects as `connect` of the pool does; never throws. */
  acquire(): { readonly promise: Promise<unknown> };
  /** False where it was given back before. Never throws. */
  release(connection: unknown): boolean;
  /** Does nothing: the pool is its application's to end. Never rejects. */
  destroy(): Promise<void>;
}

/** By these Knex knows its own kind. */
interface Tarn extends KnexPool {
  numFree(): number;
  numUsed(): number;
  numPendingAcquires(): number;
}

/**
 * A guarded pool for Knex. Given as it is, the pool would do but for streams: Knex gives their connection back twice,
 * which `pg` answers by an error that nobody catches. Here the second time does nothing. Never throws.
 *
 * @example
 * ```ts
 * import knex from "knex";
 * import { Pool } from "pg";
 * const pool = guardPool(tide, new Pool({ connectionString: url }));
 * const db = knex({ client: "pg", connectionPool: knexPool(pool) });
 * ```
 */
export function knexPool(pool: PgPool): KnexPool {
  const taken = new WeakSet<object>();
  const tarn: Tarn = {
    acquire: () => ({
      promise: (async () => {
        const client = (await (pool as unknown as RawPool).connect()) as object;
        // One for each time it is taken: its connection may be somebody else's when it is given back again.
        const connection = new Proxy(client, {});
        taken.add(connection);
        return connection;
      })(),
    }),
    release: (given) => {
      const connection = given as Connection & object;
      if (!taken.delete(connection)) return false;
      connection.release(connection.__knex__disposed);
      return true;
    },
    destroy: async () => {},
    numFree: () => pool.idleCount,
    numUsed: () => pool.totalCount - pool.idleCount,
    numPendingAcquires: () => pool.waitingCount,
  };
  return tarn;
}
