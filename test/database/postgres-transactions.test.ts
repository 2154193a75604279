/** Transactions on a real server: what it has seen of each, whichever way it ended. */
import { describe, expect, test } from "vitest";
import { CommitUnknown, type HeldConnection, type TransactionMode } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { GRACE_MS, runtime } from "../support/postgres-scene.ts";
import { transactionScene } from "../support/transaction-scene.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const TIMEOUT = sql`select setting::int as ms from pg_settings where name = 'statement_timeout'`;

describe.skipIf(postgresUnavailable() !== undefined)(
  `transactions: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, seen, one, notes, pidOf, idleInTransaction, transact } = transactionScene({
      deadlock_timeout: "100ms",
    });

    test("commits, on one backend throughout, and leaves it clean for the next", async () => {
      const db = await one("commits");
      const before = await pidOf(db);
      const pids = await transact(db, async (held) => {
        await held.query(sql`insert into notes values (${1})`);
        const first = await pidOf(held);
        expect(await notes()).toEqual([]);
        expect(await seen("commits")).toBe(1);
        expect(db.pool().checkedOut).toBe(1);
        await held.query(sql`insert into notes values (2)`);
        return [first, await pidOf(held)];
      });
      expect(pids).toEqual([before, before]);
      expect(await notes()).toEqual([1, 2]);
      expect(await idleInTransaction("commits")).toBe(0);
      expect(await pidOf(db)).toBe(before);
      expect(db.pool().checkedOut).toBe(0);
    });

    test("rolls back on a throw, which comes out as it was", async () => {
      const db = await one("throws");
      const before = await pidOf(db);
      const own = new RangeError("not enough wafers");
      const failing = transact(db, async (held) => {
        await held.query(sql`insert into notes values (1)`);
        throw own;
      });
      await expect(failing).rejects.toBe(own);
      expect(await notes()).toEqual([]);
      expect(await idleInTransaction("throws")).toBe(0);
      expect(await pidOf(db)).toBe(before);
    });

    test("a failed statement that nobody minded is no commit", async () => {
      const db = await one("unminded");
      const careless = transact(db, async (held) => {
        await held.query(sql`insert into notes values (1)`);
        await held.query(sql`select 1/0`).catch(() => {});
      });
      await expect(careless).rejects.toMatchObject({ fault: "statement", message: /was rolled back/ });
      expect(await notes()).toEqual([]);
    });

    test.each(["commit", "rollback", "rollback /* to begin again */", "begin"])(
      "%s from inside is refused, and nothing is kept of it",
      async (word) => {
        const db = await one("control");
        const text = Object.assign([word], { raw: [word] });
        const meddling = transact(db, async (held) => {
          await held.query(sql(text as unknown as TemplateStringsArray)).catch(() => {});
          await held.query(sql`insert into notes values (2)`);
        });
        await expect(meddling).rejects.toThrow();
        expect(await notes()).toEqual([]);
        expect(await pidOf(db)).toBeDefined();
      },
    );

    test("a savepoint is no business of ours", async () => {
      const db = await one("savepoint");
      await transact(db, async (held) => {
        await held.query(sql`savepoint here`);
        await held.query(sql`insert into notes values (1)`);
        await held.query(sql`rollback to savepoint here`);
        await held.query(sql`insert into notes values (2)`);
      });
      expect(await notes()).toEqual([2]);
    });

    test("settings that end with it leave its connection to the next", async () => {
      const db = await one("local");
      const before = await pidOf(db);
      await transact(db, (held) => held.query(sql`set local application_name = 'other'`));
      expect(await pidOf(db)).toBe(before);
      await transact(db, (held) => held.query(sql`set statement_timeout = 0`));
      expect(await pidOf(db)).not.toBe(before);
    });

    test("statements asked for at once run one after another; one that was not awaited undoes it all", async () => {
      const db = await one("at-once");
      await transact(db, (held) => Promise.all([1, 2, 3].map((n) => held.query(sql`insert into notes values (${n})`))));
      expect(await notes()).toEqual([1, 2, 3]);
      const forgetful = transact(db, async (held) => {
        held.query(sql`insert into notes values (4)`).catch(() => {});
      });
      await expect(forgetful).rejects.toThrow("must be awaited");
      expect(await notes()).toEqual([1, 2, 3]);
    });

    test("isolation and access are the server's", async () => {
      const db = await one("modes");
      const shown = (mode: TransactionMode) =>
        transact(
          db,
          (held) =>
            held.query(sql`select current_setting('transaction_isolation') as level,
                                  current_setting('transaction_read_only') as ro`),
          {},
          mode,
        );
      expect(await shown({})).toEqual([{ level: "read committed", ro: "off" }]);
      expect(await shown({ isolation: "serializable", readOnly: true })).toEqual([{ level: "serializable", ro: "on" }]);
      expect(await shown({ isolation: "repeatable read" })).toEqual([{ level: "repeatable read", ro: "off" }]);
      const writing = transact(db, (held) => held.query(sql`insert into notes values (1)`), {}, { readOnly: true });
      await expect(writing).rejects.toMatchObject({ fault: "statement", vendorCode: "25006" });
    });

    test("each statement's timeout at the server is what is left, and idle time has one too", async () => {
      const db = await one("left");
      const shown = (held: HeldConnection) =>
        held.query<Record<string, number>>(sql`
          select (select setting::int from pg_settings where name = 'statement_timeout') as statement,
                 (select setting::int from pg_settings where name = 'idle_in_transaction_session_timeout') as idle`);
      const startedAt = runtime.monotonicMs();
      await transact(
        db,
        async (held) => {
          for (const pauseMs of [0, 400]) {
            await new Promise((resolve) => setTimeout(resolve, pauseMs));
            const [row] = await shown(held);
            const left = 5_000 - (runtime.monotonicMs() - startedAt);
            expect(row?.statement).toBeGreaterThan(left - 50);
            expect(row?.statement).toBeLessThan(left + 200);
            expect(row?.idle).toBe((row?.statement ?? 0) + GRACE_MS);
          }
        },
        { deadlineMs: 5_000 },
      );
    });

    test("a commit that the server refuses is a plain no", async () => {
      const db = await one("deferred");
      await server().query(`alter table notes add column of int references notes deferrable initially deferred`);
      const dangling = transact(db, (held) => held.query(sql`insert into notes values (1, 9)`));
      const error = await dangling.catch((caught: unknown) => caught);
      expect(error).toMatchObject({ fault: "statement", vendorCode: "23503" });
      expect(error).not.toBeInstanceOf(CommitUnknown);
    });

    test("serialization failures and deadlocks are faults of the statement, and nothing is sent again", async () => {
      await one("conflicts");
      await server().query("insert into notes values (1), (2)");
      const db = database({ applicationName: "conflicts", poolSize: 2 });
      let attempts = 0;
      const both = Promise.withResolvers<void>();
      const crossing = (first: number, second: number) =>
        transact(db, async (held) => {
          await held.query(sql`update notes set n = n where n = ${first}`);
          attempts += 1;
          if (attempts === 2) both.resolve();
          await both.promise;
          await held.query(sql`update notes set n = n where n = ${second}`);
        });
      const ends = await Promise.allSettled([crossing(1, 2), crossing(2, 1)]);
      expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(ends.find(({ status }) => status === "rejected")).toMatchObject({
        reason: { fault: "statement", vendorCode: "40P01" },
      });
      expect(attempts).toBe(2);

      const outdated = transact(
        db,
        async (held) => {
          await held.query(sql`select * from notes`);
          await server().query("update notes set n = 7 where n = 1");
          await held.query(sql`update notes set n = 8 where n = 1`);
        },
        {},
        { isolation: "repeatable read" },
      );
      await expect(outdated).rejects.toMatchObject({ fault: "statement", vendorCode: "40001" });
    });

    test("behind a transaction pooler it is one transaction too", async () => {
      await one("pooled");
      const db = database({ applicationName: "pooled", pooler: "transaction", poolSize: 1, maxOverflow: 0 });
      await transact(db, async (held) => {
        await held.query(sql`insert into notes values (${1})`);
        expect(await notes()).toEqual([]);
      });
      expect(await notes()).toEqual([1]);
    });

    test("the wait for a connection comes off the deadline", async () => {
      const db = await one("waiting");
      const holder = db.query(sql`select pg_sleep(0.3)`, run());
      const [row] = await transact(db, (held) => held.query<{ ms: number }>(TIMEOUT), { deadlineMs: 5_000 });
      expect(row?.ms).toBeLessThan(4_800);
      await holder;
    });
  },
);
