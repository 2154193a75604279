/** Ways to ask by postgres.js, for the comparison of facades. */
import postgres from "postgres";
import { guardSql } from "../../lib/facades/postgres-js/postgres-js.ts";
import type { FacadeOf } from "./facades.bench.ts";

export const postgresJsFacades: FacadeOf = (url, tide, max) => {
  const bare = postgres(url, { max });
  const guarded = guardSql(tide, postgres(url, { max }));
  const query = (sql: postgres.Sql) => (seconds: number) => sql`select pg_sleep(${seconds})`.execute();
  const transaction = (sql: postgres.Sql) => (seconds: number) => sql.begin((tx) => tx`select pg_sleep(${seconds})`);
  return [
    {
      name: "postgres.js, sql",
      bare: query(bare),
      guarded: query(guarded),
      end: async () => {},
    },
    {
      name: "postgres.js, sql.begin",
      bare: transaction(bare),
      guarded: transaction(guarded),
      end: async () => void (await Promise.all([bare.end(), guarded.end()])),
    },
  ];
};
