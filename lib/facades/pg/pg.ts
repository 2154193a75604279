/**
 * A guarded pool of `pg`: an application's own, which every ORM that takes one accepts, with each statement and each
 * connection behind the gate.
 *
 * Map of this folder: `pool` is what an ORM holds, `client` a connection that it has taken; `calls` puts what is asked
 * of both under permits; `connections` waits for the pool's (`resting` ones among them), `line` is one of them, `statement` and `submittable` what runs
 * on it, `cancel` how that is stopped. `errors` says what an error becomes, `health` what is asked and shown of the pool,
 * `misuse` what is none, `knex` what Knex takes for one, `driver` the shape of `pg`.
 */
import { insidesOf } from "../../guard/insides.ts";
import type { Tidegate } from "../../tidegate.ts";
import { assertOptions, type FacadeOptions } from "../options.ts";
import type { PgPool, RawPool } from "./driver.ts";
import { attachmentOf, pingOf } from "./health.ts";
import { assertPool, assertUsable } from "./misuse.ts";
import { guardedPool } from "./pool.ts";

export type { Tidegate } from "../../tidegate.ts";
export type { FacadeOptions } from "../options.ts";
export type { PgPool } from "./driver.ts";
export { type KnexPool, knexPool } from "./knex.ts";

const guarded = new WeakSet<object>();
const guardedBy = new WeakMap<object, object>();

/**
 * The same pool behind the gate, for Drizzle, Kysely, Knex, TypeORM, Prisma, or as it is. `query` takes a permit for its
 * statement, `connect` one until the connection is released. At the deadline, and when the caller leaves, what runs is
 * cancelled at the server, and a transaction is rolled back.
 *
 * Its calls reject with Refused when the gate does not let them in, with DatabaseError when the database cannot be
 * reached or does not answer in time, and with what `pg` says of a statement.
 *
 * Where a connection cannot outlive its request, as on Workers, give it a function that makes a pool: it becomes one that
 * makes a guarded one, to be ended with the request.
 *
 * @throws TypeError for what is no pool, or one that is guarded or ended already, or can make no clients; RangeError for limits that are none.
 * @example
 * ```ts
 * import { Pool } from "pg";
 * const pool = guardPool(tide, new Pool({ connectionString: url }));
 * const { rows } = await pool.query("select * from orders where id = $1", [id]);
 * ```
 * @example
 * ```ts
 * import { Pool } from "pg";
 * import { env } from "cloudflare:workers";
 * const poolOf = guardPool(tide, () => new Pool({ connectionString: env.HYPERDRIVE.connectionString, max: 4 }));
 * ```
 */
export function guardPool<Given extends PgPool | (() => PgPool)>(
  tide: Tidegate,
  given: Given,
  options: FacadeOptions = {},
): Given {
  const insides = insidesOf(tide, "guardPool");
  assertOptions("guardPool", "new Pool({ … })", options);
  const { connectTimeoutMs } = tide.config.pool;
  const guardOne = (pool: unknown) => {
    assertPool(pool);
    assertUnguarded(pool, tide);
    guardedBy.set(pool, tide);
    const one = guardedPool(pool, { insides, options, connectTimeoutMs });
    guarded.add(one.proxy);
    return { ...one, pool };
  };
  if (isMaker(given)) {
    attachMaker(given, insides);
    return (() => guardOne(given()).proxy) as unknown as Given;
  }
  const { proxy, pool, calls } = guardOne(given);
  assertUsable(pool);
  insides.attach(attachmentOf(pool, calls.waiting, insides.runtime));
  return proxy as unknown as Given;
}

/** A class is none: it is to be made a pool of first. */
const isMaker = (given: unknown): given is () => unknown =>
  typeof given === "function" && !("unsafe" in given) && !(given.prototype && "connect" in given.prototype);

function assertUnguarded(pool: RawPool, tide: Tidegate): void {
  if (!guarded.has(pool) && guardedBy.get(pool) !== tide) return;
  throw new TypeError(
    "guardPool: a pool that is not guarded is needed, it is already; use what guardPool has returned",
  );
}

/** Its pools come and go with their requests; health makes one of its own. */
function attachMaker(open: () => unknown, insides: ReturnType<typeof insidesOf>): void {
  const NONE = { size: 0, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: 0, waiting: 0 };
  insides.attach({
    address: null,
    pool: () => NONE,
    ping: async (signal) => {
      const pool: unknown = open();
      assertPool(pool);
      await pingOf(pool, signal, insides.runtime);
    },
  });
}
