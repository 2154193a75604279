/** The ORMs that take a `sql` of postgres.js, each as its users make it. */
import { drizzle } from "drizzle-orm/postgres-js";
import { Kysely } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import type postgres from "postgres";
import { type Orm, ofDrizzle, ofKysely, type Tables } from "../orms.ts";

const withDrizzle = (sql: postgres.Sql): Orm => ofDrizzle(drizzle({ client: sql }));
const withKysely = (sql: postgres.Sql): Orm =>
  ofKysely(new Kysely<Tables>({ dialect: new PostgresJSDialect({ postgres: sql }) }));

export const ORMS: Readonly<Record<string, (sql: postgres.Sql) => Orm>> = {
  Drizzle: withDrizzle,
  Kysely: withKysely,
};
