/** ORMs in the words of the scenarios, whatever driver stands below them. */
import { sql as drizzleSql, eq } from "drizzle-orm";
import { integer, type PgDatabase, type PgQueryResultHKT, pgTable, text } from "drizzle-orm/pg-core";
import { type Kysely, sql as kyselySql } from "kysely";

/** One ORM, in as many words as the scenarios have. */
export interface Orm {
  insert(id: number, name: string): Promise<unknown>;
  rename(id: number, name: string): Promise<unknown>;
  remove(id: number): Promise<unknown>;
  nameOf(id: number): Promise<string | undefined>;
  sleep(seconds: number): Promise<unknown>;
  /** Inserts the first, then the second in a nested transaction that is rolled back where it is to fail. */
  nested(first: number, second: number, fails: boolean): Promise<unknown>;
  /** Inserts one and then sleeps. */
  insertAndSleep(id: number, seconds: number): Promise<unknown>;
  /** Of `generate_series`, row by row, until that many were read; undefined where it has no streams. */
  readonly stream?: (of: number, until: number) => Promise<number>;
}

export const WANTED = new Error("this one is to be rolled back");
export const unlessWanted = (error: unknown) => {
  if (error !== WANTED) throw error;
};

const lots = pgTable("lots", { id: integer().primaryKey(), name: text().notNull() });

export function ofDrizzle(db: PgDatabase<PgQueryResultHKT>): Orm {
  return {
    insert: (id, name) => db.insert(lots).values({ id, name }),
    rename: (id, name) => db.update(lots).set({ name }).where(eq(lots.id, id)),
    remove: (id) => db.delete(lots).where(eq(lots.id, id)),
    nameOf: async (id) => (await db.select().from(lots).where(eq(lots.id, id)))[0]?.name,
    // Its statements begin when somebody awaits them.
    sleep: async (seconds) => db.execute(drizzleSql`select pg_sleep(${seconds})`),
    nested: (first, second, fails) =>
      db.transaction(async (tx) => {
        await tx.insert(lots).values({ id: first, name: "outer" });
        const inner = tx.transaction(async (nested) => {
          await nested.insert(lots).values({ id: second, name: "inner" });
          if (fails) throw WANTED;
        });
        await inner.catch(unlessWanted);
      }),
    insertAndSleep: (id, seconds) =>
      db.transaction(async (tx) => {
        await tx.insert(lots).values({ id, name: "late" });
        await tx.execute(drizzleSql`select pg_sleep(${seconds})`);
      }),
  };
}

export interface Tables {
  readonly lots: { readonly id: number; readonly name: string };
}

export function ofKysely(db: Kysely<Tables>): Orm {
  return {
    insert: (id, name) => db.insertInto("lots").values({ id, name }).execute(),
    rename: (id, name) => db.updateTable("lots").set({ name }).where("id", "=", id).execute(),
    remove: (id) => db.deleteFrom("lots").where("id", "=", id).execute(),
    nameOf: async (id) => (await db.selectFrom("lots").selectAll().where("id", "=", id).executeTakeFirst())?.name,
    sleep: (seconds) => kyselySql`select pg_sleep(${seconds})`.execute(db),
    nested: async (first, second, fails) => {
      const tx = await db.startTransaction().execute();
      try {
        await tx.insertInto("lots").values({ id: first, name: "outer" }).execute();
        const inner = await tx.savepoint("inner").execute();
        await inner.insertInto("lots").values({ id: second, name: "inner" }).execute();
        if (fails) await inner.rollbackToSavepoint("inner").execute();
        else await inner.releaseSavepoint("inner").execute();
        await tx.commit().execute();
      } catch (error) {
        await tx.rollback().execute();
        throw error;
      }
    },
    insertAndSleep: (id, seconds) =>
      db.transaction().execute(async (tx) => {
        await tx.insertInto("lots").values({ id, name: "late" }).execute();
        await kyselySql`select pg_sleep(${seconds})`.execute(tx);
      }),
    stream: async (of, until) => {
      let read = 0;
      const rows = db
        .selectFrom(kyselySql<{ n: number }>`generate_series(1, ${of}::int)`.as("n"))
        .selectAll()
        .stream(10);
      for await (const _row of rows) if (++read === until) break;
      return read;
    },
  };
}
