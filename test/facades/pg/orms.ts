/** The ORMs that take a pool, each as its users make it. */
import { drizzle } from "drizzle-orm/node-postgres";
import knex from "knex";
import { Kysely, PostgresDialect } from "kysely";
import type { Pool } from "pg";
import Cursor from "pg-cursor";
import { knexPool } from "../../../lib/facades/pg/pg.ts";
import { type Orm, ofDrizzle, ofKysely, type Tables, unlessWanted, WANTED } from "../orms.ts";

const withDrizzle = (pool: Pool): Orm => ofDrizzle(drizzle({ client: pool }));
const withKysely = (pool: Pool): Orm =>
  ofKysely(new Kysely<Tables>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) }));

function withKnex(pool: Pool): Orm {
  const db = knex({ client: "pg", connectionPool: knexPool(pool) });
  return {
    insert: (id, name) => db("lots").insert({ id, name }),
    rename: (id, name) => db("lots").where({ id }).update({ name }),
    remove: (id) => db("lots").where({ id }).delete(),
    nameOf: async (id) => (await db("lots").where({ id }).first())?.name,
    sleep: async (seconds) => db.raw("select pg_sleep(?)", [seconds]),
    nested: (first, second, fails) =>
      db.transaction(async (tx) => {
        await tx("lots").insert({ id: first, name: "outer" });
        const inner = tx.transaction(async (nested) => {
          await nested("lots").insert({ id: second, name: "inner" });
          if (fails) throw WANTED;
        });
        await inner.catch(unlessWanted);
      }),
    insertAndSleep: (id, seconds) =>
      db.transaction(async (tx) => {
        await tx("lots").insert({ id, name: "late" });
        await tx.raw("select pg_sleep(?)", [seconds]);
      }),
    stream: async (of, until) => {
      let read = 0;
      const rows = db.raw("select * from generate_series(1, ?::int) n", [of]).stream();
      for await (const _row of rows) if (++read === until) break;
      return read;
    },
  };
}

export const ORMS: Readonly<Record<string, (pool: Pool) => Orm>> = {
  Drizzle: withDrizzle,
  Kysely: withKysely,
  Knex: withKnex,
};
