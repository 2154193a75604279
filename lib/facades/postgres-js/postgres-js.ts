/**
 * A `sql` of postgres.js that an application has already, behind the gate: accepted unchanged by Drizzle and Kysely.
 *
 * Map of this folder: `postgres-js` (this file) is what users call, and `misuse` what they must not; `tag` is what they
 * hold then, `calls` runs what is asked of it: a `statement` by itself, a `transaction`, or a connection that is
 * reserved (`reservation`). `connections` are the pool's, by `openings`, each a `line`, on `sockets` that can be ended;
 * `driver` is what is asked of postgres.js, `health` what is asked beside it. What all facades share lies above:
 * `permits`, `hold` with its `job`s, `options`, `errors`.
 */
import { type Insides, insidesOf } from "../../guard/insides.ts";
import type { Tidegate } from "../../tidegate.ts";
import { assertOptions, type FacadeOptions } from "../options.ts";
import { callsOf } from "./calls.ts";
import type { Given, PostgresSql, RawSql } from "./driver.ts";
import { attachmentOf, pingOf } from "./health.ts";
import { assertSql, isSql } from "./misuse.ts";
import { guardedTag } from "./tag.ts";

export type { Tidegate } from "../../tidegate.ts";
export type { FacadeOptions } from "../options.ts";
export type { PostgresSql } from "./driver.ts";

const guarded = new WeakSet<object>();

/**
 * The same `sql` behind the gate, for Drizzle, Kysely, or as it is. A statement takes one permit, and so does a
 * transaction, and a reserved connection until it is released; fragments take none. At the deadline, and when the caller
 * leaves, what runs is cancelled at the server, and a transaction is rolled back.
 *
 * Its queries reject with Refused when the gate does not let them in, with DatabaseError when the database cannot be
 * reached or does not answer in time, and with what postgres.js says of a statement.
 *
 * Where a connection cannot outlive its request, as on Workers, give it a function that makes a `sql`: it becomes one that
 * makes a guarded one, to be ended with the request.
 *
 * @throws TypeError for what is no `sql`, or one that is guarded already; RangeError for limits that are none.
 * @example
 * ```ts
 * import postgres from "postgres";
 * const sql = guardSql(tide, postgres(url));
 * const rows = await sql`select * from orders where id = ${id}`;
 * ```
 * @example
 * ```ts
 * import postgres from "postgres";
 * import { env } from "cloudflare:workers";
 * const sqlOf = guardSql(tide, () => postgres(env.HYPERDRIVE.connectionString, { max: 4, fetch_types: false }));
 * ```
 */
export function guardSql<Given extends PostgresSql | (() => PostgresSql)>(
  tide: Tidegate,
  given: Given,
  options: FacadeOptions = {},
): Given {
  const insides = insidesOf(tide, "guardSql");
  assertOptions("guardSql", "postgres()", options);
  const capacity = tide.config.gate.capacity[options.lane ?? "request"];
  const guardOne = (raw: unknown, share: number) => {
    assertSql(raw);
    assertUnguarded(raw);
    const { max } = raw.options;
    if (Number(max) < share) insides.log.warn("sql.max_small", { max: Number(max), permits: share });
    const one = guardedSql(raw, insides, options);
    guarded.add(raw).add(one.sql);
    return { ...one, raw };
  };
  if (isMaker(given)) {
    attachMaker(given, insides);
    return (() => guardOne(given(), 0).sql) as unknown as Given;
  }
  const { sql, raw, counts } = guardOne(given, Math.ceil(capacity / tide.config.gate.expectedInstances));
  insides.attach(attachmentOf(raw, counts, insides.runtime));
  return sql as unknown as Given;
}

const isMaker = (given: unknown): given is () => unknown =>
  typeof given === "function" && !isSql(given) && Object.keys(given).length === 0;

function assertUnguarded(raw: RawSql): void {
  if (!guarded.has(raw)) return;
  throw new TypeError("guardSql: a sql that is not guarded is needed, it is already; use what guardSql has returned");
}

function guardedSql(raw: RawSql, insides: Insides, options: FacadeOptions) {
  // By a statement of the pool's, in a transaction as well, as the driver's own.
  const notify = async (channel: string, payload: unknown) => await sql`select pg_notify(${channel}, ${`${payload}`})`;
  const calls = callsOf(raw, insides, options, notify as () => unknown);
  const { connections, run, begin, reserve } = calls;
  const end = (...given: Given) => connections.close(() => raw.end(...given));
  const sql: RawSql = guardedTag({ raw, run, close: raw.CLOSE, own: { begin, reserve, notify, end } });
  return { sql, counts: connections.counts };
}

/** Its connections come and go with their requests; health makes one of its own. */
function attachMaker(open: () => unknown, insides: Insides): void {
  const NONE = { size: 0, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: 0, waiting: 0 };
  insides.attach({
    address: null,
    pool: () => NONE,
    ping: async (signal) => {
      const sql = open();
      assertSql(sql);
      await pingOf(sql, signal, insides.runtime);
    },
  });
}
