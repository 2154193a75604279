/** Transactions that are ended from outside: by the deadline, the caller, or a server in trouble. */
import { describe, expect, test } from "vitest";
import { CommitUnknown } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { GRACE_MS, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";
import { transactionScene } from "../support/transaction-scene.ts";

describe.skipIf(postgresUnavailable() !== undefined)(
  `transactions in trouble: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, seen, one, notes, pidOf, idleInTransaction, transact } = transactionScene();

    test("the deadline ends a statement at the server and rolls back", async () => {
      const db = await one("deadline");
      const before = await pidOf(db);
      const late = transact(
        db,
        async (held) => {
          await held.query(sql`insert into notes values (1)`);
          await held.query(sql`select pg_sleep(9)`);
        },
        { deadlineMs: 400 },
      );
      expect(await tookMs(late)).toBeLessThan(400 + GRACE_MS);
      await expect(late).rejects.toMatchObject({ fault: "timeout" });
      expect(await seen("deadline", "state <> 'idle'")).toBe(0);
      expect(await notes()).toEqual([]);
      expect(await pidOf(db)).toBe(before);
    });

    test("a callback that never comes back is rolled back at the deadline and can do nothing more", async () => {
      const db = await one("stalled");
      const before = await pidOf(db);
      let late: Promise<unknown> | undefined;
      const stalled = transact(
        db,
        async (held) => {
          await held.query(sql`insert into notes values (1)`);
          await new Promise((resolve) => setTimeout(resolve, 600));
          late = held.query(sql`insert into notes values (2)`);
          await late;
        },
        { deadlineMs: 300 },
      );
      expect(await tookMs(stalled)).toBeLessThan(450);
      await expect(stalled).rejects.toMatchObject({ fault: "timeout" });
      expect(await idleInTransaction("stalled")).toBe(0);
      await eventually("the callback goes on", () => late !== undefined);
      await expect(late).rejects.toThrow("this one has ended");
      expect(await notes()).toEqual([]);
      expect(await pidOf(db)).toBe(before);
    });

    test("one at rest ends when the database is closed, and does not wait for its deadline", async () => {
      const db = await one("at-rest");
      const begun = Promise.withResolvers<void>();
      const resting = transact(
        db,
        async (held) => {
          await held.query(sql`insert into notes values (1)`);
          begun.resolve();
          await new Promise(() => {});
        },
        { deadlineMs: 9_000 },
      );
      resting.catch(() => {});
      await begun.promise;
      const closed = db.close(50);
      expect(await tookMs(resting)).toBeLessThan(1_000);
      await expect(resting).rejects.toMatchObject({ fault: "cancelled" });
      await closed;
      expect(await notes()).toEqual([]);
    });

    test("the caller's abort cancels the statement and rolls back within a second", async () => {
      const db = await one("abort");
      const tab = new AbortController();
      const left = transact(
        db,
        async (held) => {
          await held.query(sql`insert into notes values (1)`);
          await held.query(sql`select pg_sleep(9)`);
        },
        { signal: tab.signal },
      );
      await eventually(
        "it sleeps",
        async () => (await seen("abort", "query like '%pg_sleep%' and state = 'active'")) === 1,
      );
      const took = tookMs(left);
      tab.abort(new Error("closed"));
      expect(await took).toBeLessThan(1_000);
      await expect(left).rejects.toMatchObject({ fault: "cancelled" });
      expect(await seen("abort", "state <> 'idle'")).toBe(0);
      expect(await notes()).toEqual([]);
    });

    test.each(["none", "transaction"] as const)(
      "a server that freezes has it no longer than the grace, whatever became of the cancel, pooler: %s",
      async (pooler) => {
        const db = database({
          poolSize: 1,
          maxOverflow: 0,
          pooler,
          connectTimeoutMs: 8_000,
          applicationName: "frozen",
        });
        const tab = new AbortController();
        const frozen = transact(db, (held) => held.query(sql`select pg_sleep(9)`), { signal: tab.signal });
        frozen.catch(() => {});
        await eventually("it runs", async () => (await seen("frozen", "query like '%pg_sleep%'")) === 1);
        server().pause();
        tab.abort();
        expect(await tookMs(frozen)).toBeLessThan(GRACE_MS + 1_000);
        await expect(frozen).rejects.toMatchObject({ fault: "cancelled" });
      },
    );

    test("a commit whose answer does not come is not called a failure nor a success", async () => {
      const db = await one("unknown");
      const lost = transact(
        db,
        async (held) => {
          await held.query(sql`insert into notes values (1)`);
          server().pause();
        },
        { deadlineMs: 300 },
      );
      const error = await lost.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(CommitUnknown);
      expect(error).toMatchObject({ fault: "timeout", message: /not known whether/ });
      server().resume();
      const broken = transact(db, async (held) => {
        await held.query(sql`insert into notes values (2)`);
        await held.query(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => {});
      });
      // Here it is known: the commit was never sent.
      const known = await broken.catch((caught: unknown) => caught);
      expect(known).toMatchObject({ fault: "connection" });
      expect(known).not.toBeInstanceOf(CommitUnknown);
      expect(await notes()).not.toContain(2);
    });
  },
);
