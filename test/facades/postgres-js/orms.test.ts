/** The real ORMs on a guarded `sql`, unchanged, against a real PostgreSQL in good days and bad. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chainOf } from "../../../lib/errors.ts";
import { faultOf, Refused } from "../../../lib/tidegate.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { ORMS } from "./orms.ts";
import { atRest, errorOf, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

const refusalIn = (error: unknown) => chainOf(error).find((one) => one instanceof Refused)?.refusal.code;

describe.skipIf(postgresUnavailable() !== undefined)(
  `ORMs on a guarded sql: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    beforeAll(async () => {
      scene = await sqlScene();
      await scene.server.query("create table lots (id int primary key, name text not null)");
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const idsIn = async () => (await scene.server.query("select id from lots order by id")).map(({ id }) => id);

    describe.each(Object.entries(ORMS))("%s", (_name, withOrm) => {
      beforeAll(() => scene.server.query("truncate lots"));

      test("creates, reads, updates and deletes, one permit a statement", async () => {
        const guarded = scene.guarded();
        const orm = withOrm(guarded.sql);
        await orm.insert(1, "first");
        await orm.rename(1, "renamed");
        expect(await orm.nameOf(1)).toBe("renamed");
        await orm.remove(1);
        expect(await orm.nameOf(1)).toBeUndefined();
        const asleep = [orm.sleep(0.3), orm.sleep(0.3)];
        await eventually("both have a permit", async () => (await guarded.held()).permits === 2);
        await Promise.all(asleep);
        await atRest(scene, guarded);
      });

      test("nests transactions by savepoints, under one permit", async () => {
        const guarded = scene.guarded();
        const orm = withOrm(guarded.sql);
        await orm.nested(10, 11, false);
        await orm.nested(12, 13, true);
        expect(await idsIn()).toEqual([10, 11, 12]);
        await atRest(scene, guarded);
      });

      test("streams, to the end and left early", async ({ skip }) => {
        const guarded = scene.guarded();
        const { stream } = withOrm(guarded.sql);
        if (!stream) return skip("it has no streams");
        expect(await stream(1_000, Number.POSITIVE_INFINITY)).toBe(1_000);
        expect(await stream(100_000, 5)).toBe(5);
        await atRest(scene, guarded);
      });

      test("at the deadline its statement is gone at the server, and its transaction rolled back", async () => {
        const guarded = scene.guarded({ options: { deadlineMs: 400 } });
        const orm = withOrm(guarded.sql);
        expect(faultOf(await errorOf(orm.sleep(20)))).toBe("timeout");
        expect(faultOf(await errorOf(orm.insertAndSleep(20, 20)))).toBe("timeout");
        await atRest(scene, guarded);
        expect(await idsIn()).not.toContain(20);
        expect(await orm.nameOf(1)).toBeUndefined();
      });

      test("a caller who leaves ends what it runs", async () => {
        const guarded = scene.guarded();
        const orm = withOrm(guarded.sql);
        const caller = new AbortController();
        const asked = guarded.tide.with({ signal: caller.signal }, () => errorOf(orm.insertAndSleep(30, 20)));
        await eventually("it runs", async () => (await scene.seen(SLEEPING)) === 1);
        caller.abort();
        expect(chainOf(await asked)).toContain(caller.signal.reason);
        await atRest(scene, guarded);
        expect(await idsIn()).not.toContain(30);
      });

      test("a full pool and an open breaker are told as such", async () => {
        const guarded = scene.guarded({ sql: { max: 1 }, options: { waitMs: 100 } });
        const orm = withOrm(guarded.sql);
        const reserved = await guarded.sql.reserve();
        expect(faultOf(await errorOf(orm.nameOf(1)))).toBe("exhausted");
        reserved.release();
        await guarded.tide.override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "test" });
        expect(refusalIn(await errorOf(orm.nameOf(1)))).toBe("CIRCUIT_BREAKER_OPEN");
        expect(refusalIn(await errorOf(orm.nested(40, 41, false)))).toBe("CIRCUIT_BREAKER_OPEN");
      });

      test("twelve duplicate keys open no breaker", async () => {
        const guarded = scene.guarded();
        const orm = withOrm(guarded.sql);
        await orm.insert(50, "the first");
        for (let nth = 0; nth < 12; nth++) {
          const error = await errorOf(orm.insert(50, "again"));
          expect(chainOf(error)).toContainEqual(expect.objectContaining({ code: "23505" }));
          await errorOf(orm.nested(50, 51, false));
        }
        await atRest(scene, guarded);
        expect((await guarded.held()).breaker).toBe("closed");
      });

      test("a server that stands still opens the breaker, and serves again afterwards", async () => {
        const env = { CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1" };
        const guarded = scene.guarded({ env, options: { deadlineMs: 300, waitMs: 500 } });
        const orm = withOrm(guarded.sql);
        await orm.nameOf(1);
        scene.server.pause();
        const codes = new Set<unknown>();
        while (!codes.has("CIRCUIT_BREAKER_OPEN")) {
          const errors = await Promise.all(Array.from({ length: 5 }, () => errorOf(orm.nameOf(1))));
          for (const error of errors) codes.add(refusalIn(error) ?? faultOf(error));
        }
        expect([...codes].filter((code) => !["timeout", "connection", "exhausted"].includes(String(code)))).toEqual([
          "CIRCUIT_BREAKER_OPEN",
        ]);
        scene.server.resume();
        await eventually("it serves", async () => (await errorOf(orm.nameOf(1))) === undefined);
        await atRest(scene, guarded);
      });
    });
  },
);
