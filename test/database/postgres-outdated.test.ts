/** Connections that have outlived what they were opened for: a primary that is none any more, tables that were changed. */
import { describe, expect, test } from "vitest";
import type { Database, HeldConnection } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { runtime } from "../support/postgres-scene.ts";
import { transactionScene } from "../support/transaction-scene.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);

describe.skipIf(postgresUnavailable() !== undefined)(
  `outdated connections: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, one, notes, pidOf, transact } = transactionScene();

    describe("that lead to a server which takes no writes any more", () => {
      const write = (n: number) => sql`insert into notes values (${n})`;
      /** New sessions read only, or write again; those that are open stay as they are. */
      const readOnly = (is: boolean) =>
        server().query(
          `begin read write; alter role tidegate ${is ? "set default_transaction_read_only = on" : "reset all"}; commit`,
        );

      /** Two connections that are read-only, of a role that is so no more. */
      async function failedOver(name: string): Promise<Database> {
        await (await one("setup")).close();
        await readOnly(true);
        const db = database({ applicationName: name, poolSize: 2, maxOverflow: 0 });
        await Promise.all([1, 2].map(() => db.query(sql`select pg_sleep(0.05)`, run())));
        await db.query(sql`select 1`, run({ lane: "slow" }));
        await readOnly(false);
        return db;
      }

      test("one failed write retires them all, in all lanes", async () => {
        const db = await failedOver("failover");
        await expect(db.query(write(1), run())).rejects.toMatchObject({ fault: "statement", vendorCode: "25006" });
        await Promise.all([2, 3, 4].map((n) => db.query(write(n), run())));
        await db.query(write(5), run({ lane: "slow" }));
        expect(await notes()).toEqual([2, 3, 4, 5]);
      });

      test("so does one in a transaction, whatever becomes of its error", async () => {
        const db = await failedOver("failover-tx");
        await transact(db, (held) => held.query(write(1)).catch(() => {})).catch(() => {});
        await Promise.all([2, 3].map((n) => transact(db, (held) => held.query(write(n)))));
        expect(await notes()).toEqual([2, 3]);
      });

      test("where new ones are no better, they are kept for a while", async () => {
        await readOnly(true);
        try {
          const db = database({ applicationName: "standby", poolSize: 1, maxOverflow: 0 });
          const first = await pidOf(db);
          const refused = { fault: "statement", vendorCode: "25006" };
          await expect(db.query(sql`create table never ()`, run())).rejects.toMatchObject(refused);
          const second = await pidOf(db);
          expect(second).not.toBe(first);
          await expect(db.query(sql`create table never ()`, run())).rejects.toMatchObject(refused);
          expect(await pidOf(db)).toBe(second);
        } finally {
          await readOnly(false);
        }
      });

      test("a write in a transaction that is to read only says nothing about its connection", async () => {
        const db = await one("reader");
        const before = await pidOf(db);
        const wrote = transact(db, (held) => held.query(write(1)), {}, { readOnly: true });
        await expect(wrote).rejects.toMatchObject({ vendorCode: "25006" });
        expect(await pidOf(db)).toBe(before);
      });
    });

    describe("whose prepared statements speak of tables that were changed since", () => {
      const all = (held: Pick<HeldConnection, "query">) => held.query(sql`select * from notes order by n`);
      const migrate = () => server().query("alter table notes add column note text default 'new'");
      const prepare = (db: Database) => transact(db, all);

      test("a transaction that begins with such a statement is begun again, and nobody notices", async () => {
        const db = await one("migrated");
        await db.query(sql`insert into notes values (1)`, run());
        await prepare(db);
        await migrate();
        let calls = 0;
        const rows = await transact(
          db,
          async (held) => {
            calls += 1;
            const read = await all(held);
            await held.query(sql`insert into notes values (2)`);
            return { read, level: await held.query(sql`show transaction_isolation`) };
          },
          {},
          { isolation: "serializable" },
        );
        expect(rows).toEqual({ read: [{ n: 1, note: "new" }], level: [{ transaction_isolation: "serializable" }] });
        expect(calls).toBe(1);
        expect(await notes()).toEqual([1, 2]);
      });

      test("so is one whose bind has another type now, or whose statement the server has forgotten", async () => {
        const db = await one("retyped");
        const insert = (n: number) => transact(db, (held) => held.query(sql`insert into notes values (${n})`));
        await insert(1);
        await server().query("alter table notes alter column n type jsonb using to_jsonb(n)");
        await insert(2);
        await insert(3);
        await db.query(sql`deallocate all`, run());
        await insert(4);
        expect(await notes()).toEqual([1, 2, 3, 4]);
      });

      test("a value that fits the column as it is now is refused once at the most", async () => {
        const db = await one("widened");
        const before = await pidOf(db);
        const insert = (n: number) => db.query(sql`insert into notes values (${n})`, run());
        await insert(1);
        await server().query("alter table notes alter column n type bigint");
        await expect(insert(3_000_000_000)).rejects.toMatchObject({ fault: "statement", vendorCode: "22003" });
        await insert(3_000_000_000);
        expect(await notes()).toEqual(["1", "3000000000"]);
        expect(await pidOf(db)).toBe(before);
      });

      test("callers whose values are wrong again and again do not fill the server with statements", async () => {
        const db = await one("wrong values");
        const before = await pidOf(db);
        const ask = (n: string) => db.query(sql`select ${n}::int as n`, run());
        await ask("1");
        for (let times = 0; times < 20; times += 1) {
          await expect(ask("one")).rejects.toMatchObject({ vendorCode: "22P02" });
          expect(await ask("2")).toEqual([{ n: 2 }]);
        }
        expect(await pidOf(db)).not.toBe(before);
        const [kept] = await db.query<{ n: number }>(sql`select count(*) as n from pg_prepared_statements`, run());
        expect(kept?.n).toBeLessThan(20);
      });

      test("one that has done something is rolled back, is told why, and goes through the next time", async () => {
        const db = await one("half-way");
        await prepare(db);
        await migrate();
        const work = async (held: HeldConnection) => {
          await held.query(sql`insert into notes values (1)`);
          return all(held);
        };
        await expect(transact(db, work)).rejects.toMatchObject({
          fault: "statement",
          vendorCode: "0A000",
          message: expect.stringContaining("run it again"),
        });
        expect(await notes()).toEqual([]);
        expect(await transact(db, work)).toEqual([{ n: 1, note: "new" }]);
      });

      test("the first to meet it has all other connections replaced, before they meet it too", async () => {
        await one("setup");
        const db = database({ applicationName: "others", poolSize: 2, maxOverflow: 0 });
        const both = <T>(task: (held: HeldConnection) => Promise<T>) =>
          Promise.allSettled(
            [1, 2].map(() =>
              transact(db, async (held) => {
                await held.query(sql`select pg_sleep(0.1)`);
                return task(held);
              }),
            ),
          );
        await both(all);
        await migrate();
        await prepare(db);
        expect(await both(all)).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
      });

      test("a statement that is wrong is asked for no third time", async () => {
        const db = await one("wrong");
        const insert = () => transact(db, (held) => held.query(sql`insert into notes values (${1})`));
        await insert();
        await server().query("alter table notes add constraint none check (n is null) not valid");
        await expect(insert()).rejects.toMatchObject({ vendorCode: "23514" });
      });
    });
  },
);
