/** A pool as an application and its ORM hold it: its own, but for what takes a connection. */
import type { Insides } from "../../guard/insides.ts";
import type { FacadeOptions } from "../options.ts";
import { type Calls, callsOf } from "./calls.ts";
import type { Lent } from "./client.ts";
import { type Callback, isSubmittable, type RawPool } from "./driver.ts";
import { answered, callbackIn, type Given } from "./statement.ts";

export interface GuardedPool {
  readonly proxy: RawPool;
  readonly calls: Calls;
}

export interface PoolPlan {
  readonly insides: Insides;
  readonly options: FacadeOptions;
  /** For a pool that says nothing about it. */
  readonly connectTimeoutMs: number;
}

export function guardedPool(pool: RawPool, { insides, options, connectTimeoutMs }: PoolPlan): GuardedPool {
  // Without one, a connection that nobody answers keeps its place in the pool for good.
  pool.options.connectionTimeoutMillis ||= connectTimeoutMs;
  // A pool tells of an idle connection that was lost; where nobody listens, that ends the process.
  pool.on("error", (error) => insides.log.warn("pool.connection_lost", { error }));
  const calls = callsOf(pool, insides, options);

  function query(...given: Given): unknown {
    const first = given[0];
    // In the pool's own words.
    if (pool.ending || typeof first === "function" || first === undefined || first === null)
      return pool.query(...given);
    if (isSubmittable(first)) return calls.submit(first, given.slice(1));
    return answered(calls.query(given), callbackIn(given));
  }
  function connect(callback?: Callback): unknown {
    if (pool.ending) return pool.connect(callback);
    const lent = calls.connect();
    if (!callback) return lent.then(({ client }) => client);
    return answered(lent, (error, one) => {
      const { client, release } = (one as Lent | undefined) ?? { client: undefined, release: () => {} };
      callback(error, client, release);
    });
  }
  function end(...given: Given): unknown {
    calls.close();
    return pool.end(...given);
  }

  const own: Readonly<Record<string | symbol, unknown>> = { query, connect, end };
  const proxy = new Proxy(pool, { get: (target, key) => (key in own ? own[key] : Reflect.get(target, key)) });
  return { proxy, calls };
}
