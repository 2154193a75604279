/** Servers and connections in trouble, and what is cancelled or over, as the server itself sees it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { atRest, errorOf, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

const none = async (seen: Promise<number>) => (await seen) === 0;
const sleeping = (scene: SqlScene) => eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded sql in trouble: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    beforeAll(async () => {
      scene = await sqlScene();
      await scene.server.query("create table lots (id int primary key)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const lots = async (id: number) => (await scene.server.query(`select 1 from lots where id = ${id}`)).length;

    test("a server that stands still is a timeout, and serves again afterwards", async () => {
      const guarded = scene.guarded({ sql: { max: 3 }, options: { deadlineMs: 300, waitMs: 300 } });
      const { sql } = guarded;
      await Promise.all([sql`select 1`, sql`select 1`, sql`select 1`]);
      scene.server.pause();
      const asked = [
        errorOf(sql`select 1`),
        errorOf(sql.begin((tx) => tx`insert into lots values (8)`)),
        errorOf(sql`select n from generate_series(1, 9) n`.cursor(2, () => {})),
      ];
      for (const error of await Promise.all(asked)) expect(error).toMatchObject({ fault: "timeout" });
      // The connections are gone, whose server says nothing; those that are opened in their places get no answer.
      await eventually("every permit is back", async () => (await guarded.held()).permits === 0);
      expect(await errorOf(sql`select 1`)).toMatchObject({ fault: expect.stringMatching(/connection|timeout/) });
      scene.server.resume();
      await eventually("it serves", async () => (await errorOf(sql`select 1`)) === undefined);
      await Promise.all([sql`select 1`, sql`select 1`, sql`select 1`]);
      await atRest(scene, guarded);
      expect(await lots(8)).toBe(0);
    });

    test("a connection that is lost in a transaction, a reservation or a cursor is told, and ends nothing else", async () => {
      const guarded = scene.guarded();
      const { sql } = guarded;
      const kill = async () => {
        await scene.server.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
        );
        await eventually("it is gone", () => none(scene.seen("true")));
      };
      const begun = sql.begin(async (tx) => {
        await tx`select 1`;
        await kill();
        await tx`insert into lots values (9)`;
      });
      expect(await errorOf(begun)).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      const running = errorOf(sql.begin((tx) => tx`select pg_sleep(20)`));
      await sleeping(scene);
      await kill();
      expect(await running).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      const reserved = await sql.reserve();
      await reserved`select 1`;
      await kill();
      expect(await errorOf(reserved`select 1`)).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      reserved.release();
      const read = async () => {
        for await (const _ of sql`select n from generate_series(1, 10000) n`.cursor(2)) await kill();
      };
      expect(await errorOf(read())).toMatchObject({ code: "DB_CONNECTION_FAILED" });
      await Promise.all(Array.from({ length: 20 }, () => sql`select 1`));
      await atRest(scene, guarded);
    });

    test("a statement that fails in the midst of its rows leaves no holes in those of the next", async () => {
      const { sql } = scene.guarded({ sql: { max: 1 } });
      const fails = () =>
        expect(sql`select 1 / (4 - i) from generate_series(1, 9) i`).rejects.toThrow("division by zero");
      const rows = [{ i: 1 }, { i: 2 }];
      await fails();
      expect([...(await sql`select i from generate_series(1, 2) i`)]).toEqual(rows);
      await fails();
      expect([...(await sql`select i from generate_series(1, 2) i`.values())]).toEqual([[1], [2]]);
      await fails();
      const several = await sql.unsafe("select 1 as i union all select 2; select 1 as i union all select 2");
      expect(JSON.parse(JSON.stringify(several))).toEqual([rows, rows]);
      await fails();
      const batches: unknown[] = [];
      for await (const batch of sql`select i from generate_series(1, 3) i`.cursor(2)) batches.push([...batch]);
      expect(batches).toEqual([rows, [{ i: 3 }]]);
    });

    test("one connection fails one transaction after a migration, whatever was prepared on it", async () => {
      const { sql } = scene.guarded({ sql: { max: 1 } });
      await scene.server.query("create table migrated (id int)");
      const asked = (id: number) =>
        sql.begin((tx) => (id === 1 ? tx`select * from migrated where id = ${id}` : tx`select * from migrated`));
      for (const id of [1, 2]) await asked(id);
      await scene.server.query("alter table migrated add column name text");
      expect(await errorOf(asked(1))).toMatchObject({ code: "0A000" });
      for (const id of [1, 2]) expect([...(await asked(id))]).toEqual([]);
    });

    test("a query that is cancelled by its holder is, while it waits and while it runs", async () => {
      const guarded = scene.guarded({ sql: { max: 1 } });
      const { sql } = guarded;
      const runs = sql`select pg_sleep(20)`.execute();
      const waits = sql`select 2`.execute();
      await sleeping(scene);
      waits.cancel();
      runs.cancel();
      for (const query of [runs, waits]) expect(await errorOf(query)).toMatchObject({ code: "57014" });
      expect(await sql`select 3 as n`).toEqual([{ n: 3 }]);
      await atRest(scene, guarded);
      expect((await guarded.held()).breaker).toBe("closed");
    });

    test("a transaction that is over takes no more statements", async () => {
      const guarded = scene.guarded();
      const kept = await guarded.sql.begin(async (tx) => {
        await tx`select 1`;
        return () => tx`select 1`;
      });
      expect(await errorOf(kept())).toMatchObject({ message: expect.stringContaining("is over") });
      await atRest(scene, guarded);
    });
  },
);
