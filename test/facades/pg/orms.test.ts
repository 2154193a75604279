/** The real ORMs on a guarded pool, unchanged, against a real PostgreSQL in good days and bad. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chainOf } from "../../../lib/errors.ts";
import { faultOf, Refused } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { ORMS } from "./orms.ts";
import { errorOf, type PgScene, pgScene, SLEEPING } from "./scene.ts";

const refusalIn = (error: unknown) => chainOf(error).find((one) => one instanceof Refused)?.refusal.code;

describe.skipIf(postgresUnavailable() !== undefined)(
  `ORMs on a guarded pool: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: PgScene;
    beforeAll(async () => {
      scene = await pgScene();
      await scene.server.query("create table lots (id int primary key, name text not null)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const gone = () => eventually("it is gone", async () => (await scene.seen(SLEEPING)) === 0);
    const idsIn = async () => (await scene.server.query("select id from lots order by id")).map(({ id }) => id);

    describe.each(Object.entries(ORMS))("%s", (_name, withOrm) => {
      beforeAll(() => scene.server.query("truncate lots"));

      test("creates, reads, updates and deletes, one permit a statement", async () => {
        const { pool, held } = scene.guarded();
        const orm = withOrm(pool);
        await orm.insert(1, "first");
        await orm.rename(1, "renamed");
        expect(await orm.nameOf(1)).toBe("renamed");
        await orm.remove(1);
        expect(await orm.nameOf(1)).toBeUndefined();
        const asleep = [orm.sleep(0.3), orm.sleep(0.3)];
        await eventually("both have a permit", async () => (await held()).permits === 2);
        await Promise.all(asleep);
        await eventually("none is held", async () => (await held()).permits === 0);
      });

      test("nests transactions by savepoints, under one permit", async () => {
        const { pool, held } = scene.guarded();
        const orm = withOrm(pool);
        await orm.nested(10, 11, false);
        await orm.nested(12, 13, true);
        expect(await idsIn()).toEqual([10, 11, 12]);
        await eventually("none is held", async () => (await held()).permits === 0);
      });

      test("streams, to the end and left early", async ({ skip }) => {
        const { pool, held } = scene.guarded();
        const { stream } = withOrm(pool);
        if (!stream) return skip("it has no streams");
        expect(await stream(1_000, Number.POSITIVE_INFINITY)).toBe(1_000);
        expect(await stream(100_000, 5)).toBe(5);
        await eventually("none is held", async () => (await held()).permits === 0);
      });

      test("at the deadline its statement is gone at the server, and its transaction rolled back", async () => {
        const { pool } = scene.guarded({ options: { deadlineMs: 400 } });
        const orm = withOrm(pool);
        expect(faultOf(await errorOf(orm.sleep(20)))).toBe("timeout");
        await gone();
        expect(faultOf(await errorOf(orm.insertAndSleep(20, 20)))).toBe("timeout");
        await gone();
        expect(await idsIn()).not.toContain(20);
        expect(await orm.nameOf(1)).toBeUndefined();
      });

      test("a caller who leaves ends what it runs", async () => {
        const { pool, tide } = scene.guarded();
        const orm = withOrm(pool);
        const caller = new AbortController();
        const asked = tide.with({ signal: caller.signal }, () => errorOf(orm.insertAndSleep(30, 20)));
        await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
        caller.abort();
        expect(chainOf(await asked)).toContain(caller.signal.reason);
        await gone();
        expect(await idsIn()).not.toContain(30);
      });

      test("a full pool, a full lane and an open breaker are told as such", async () => {
        const { pool, tide } = scene.guarded({ pool: { max: 1 }, options: { waitMs: 100 } });
        const orm = withOrm(pool);
        const client = await pool.connect();
        expect(faultOf(await errorOf(orm.nameOf(1)))).toBe("exhausted");
        client.release();
        await tide.override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "test" });
        expect(refusalIn(await errorOf(orm.nameOf(1)))).toBe("CIRCUIT_BREAKER_OPEN");
        expect(refusalIn(await errorOf(orm.nested(40, 41, false)))).toBe("CIRCUIT_BREAKER_OPEN");
      });

      test("twelve duplicate keys open no breaker", async () => {
        const { pool, tide } = scene.guarded();
        const orm = withOrm(pool);
        await orm.insert(50, "the first");
        for (let nth = 0; nth < 12; nth++) {
          const error = await errorOf(orm.insert(50, "again"));
          expect(chainOf(error)).toContainEqual(expect.objectContaining({ code: "23505" }));
        }
        for (let nth = 0; nth < 12; nth++) await errorOf(orm.nested(50, 51, false));
        expect((await tide.view()).breaker.state).toBe("closed");
      });

      test("a server that stands still opens the breaker, and serves again afterwards", async () => {
        const env = { CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1" };
        const { pool, held } = scene.guarded({ env, options: { deadlineMs: 300, waitMs: 500 } });
        const orm = withOrm(pool);
        await orm.nameOf(1);
        scene.server.pause();
        const codes = new Set<unknown>();
        while (!codes.has("CIRCUIT_BREAKER_OPEN")) {
          const errors = await Promise.all(Array.from({ length: 5 }, () => errorOf(orm.nameOf(1))));
          for (const error of errors) codes.add(refusalIn(error) ?? faultOf(error));
        }
        expect(
          [...codes].filter(
            (code) => !["timeout", "connection", "exhausted", "CIRCUIT_BREAKER_OPEN"].includes(String(code)),
          ),
        ).toEqual([]);
        scene.server.resume();
        await eventually("it serves again", async () => (await errorOf(orm.nameOf(1))) === undefined, 20_000);
        await eventually("none is held", async () => (await held()).permits === 0);
      });
    });
  },
);
