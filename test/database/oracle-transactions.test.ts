/** Transactions and streams on connections to an Oracle: how they end, and what becomes of the connection. */
import { describe, expect, test } from "vitest";
import { CommitUnknown } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { GRACE_MS, type OracleScene, oracleScene, runtime, vendorError } from "../support/oracle-scene.ts";
import { eventually } from "../support/processes.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const ONE = { poolSize: 1, maxOverflow: 0 };
const WRITE = sql`update lots set open = ${0}`;

const arrived = ({ connections }: OracleScene, text: string) =>
  eventually(
    `"${text}" runs`,
    () => (connections[0]?.running?.text === text ? connections[0].running : undefined),
    2_000,
  );

/** Answers one after another of these, and fails where an error stands. */
async function answer(scene: OracleScene, ...texts: (string | [string, Error | Record<string, unknown>[]])[]) {
  for (const each of texts) {
    const [text, reply] = typeof each === "string" ? [each, []] : each;
    const running = await arrived(scene, text);
    if (reply instanceof Error) running.fail(reply);
    else running.finish(reply);
  }
}

const UPDATE = "update lots set open = :1";
const rows = (count: number) => Array.from({ length: count }, (_, v) => ({ v }));

describe("a transaction", () => {
  test("commits when its callback resolves; none of its statements does", async () => {
    const scene = oracleScene(ONE);
    const done = scene.database.transaction(run({ deadlineMs: 1_000 }), { isolation: "serializable" }, async (tx) => {
      await tx.query(WRITE);
      return "value";
    });
    await answer(scene, "set transaction isolation level serializable");
    const running = await arrived(scene, UPDATE);
    expect(running).toMatchObject({ binds: [0], autoCommit: false });
    running.finish();
    await answer(scene, "commit");
    expect(await done).toBe("value");
    expect(scene.connections).toMatchObject([{ ended: undefined }]);
  });

  test("rolls back when its callback throws, and its connection serves the next", async () => {
    const scene = oracleScene(ONE);
    const done = scene.database.transaction(run(), {}, async (tx) => {
      await tx.query(WRITE);
      throw new Error("no");
    });
    done.catch(() => {});
    await answer(scene, UPDATE, "rollback");
    await expect(done).rejects.toThrow("no");
    const next = scene.database.query(WRITE, run());
    await answer(scene, UPDATE);
    await next;
    expect(scene.connections).toHaveLength(1);
  });

  test("is broken off and rolled back when its caller gives up; one at rest is not broken", async () => {
    for (const atRest of [false, true]) {
      const scene = oracleScene(ONE);
      const controller = new AbortController();
      const done = scene.database.transaction(run({ signal: controller.signal }), {}, async (tx) => {
        await tx.query(WRITE);
        await new Promise(() => {});
      });
      done.catch(() => {});
      if (atRest) await answer(scene, UPDATE);
      else await arrived(scene, UPDATE);
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.abort();
      await answer(scene, "rollback");
      await expect(done).rejects.toMatchObject({ fault: "cancelled" });
      expect(scene.connections).toMatchObject([{ interrupts: atRest ? 0 : 1, ended: undefined }]);
    }
  });

  test("at rest is ended when the database is closed, and does not wait for its deadline", async () => {
    const scene = oracleScene(ONE);
    const resting = scene.database.transaction(run({ deadlineMs: 60_000 }), {}, async (tx) => {
      await tx.query(WRITE);
      await new Promise(() => {});
    });
    resting.catch(() => {});
    await answer(scene, UPDATE);
    await scene.database.close(10);
    await expect(resting).rejects.toMatchObject({ fault: "cancelled" });
    expect(scene.connections[0]?.ended).toBeDefined();
  });

  test("whose rollback fails, or whose server is deaf, loses its connection", async () => {
    const failing = oracleScene(ONE);
    const thrown = failing.database.transaction(run(), {}, async () => {
      throw new Error("no");
    });
    thrown.catch(() => {});
    await answer(failing, ["rollback", vendorError("NJS-500", "connection closed")]);
    await expect(thrown).rejects.toThrow("no");
    expect(failing.connections).toMatchObject([{ ended: "cut" }]);

    const silent = oracleScene(ONE);
    const unanswered = silent.database.transaction(run(), {}, async () => {
      throw new Error("no");
    });
    await expect(unanswered).rejects.toThrow("no");
    expect(silent.connections).toMatchObject([{ sent: ["rollback"], ended: "cut" }]);

    const scene = oracleScene(ONE);
    scene.deafen();
    const startedAt = runtime.monotonicMs();
    const late = scene.database.transaction(run({ deadlineMs: 100 }), {}, (tx) => tx.query(WRITE));
    await expect(late).rejects.toMatchObject({ fault: "timeout" });
    expect(runtime.monotonicMs() - startedAt).toBeGreaterThanOrEqual(100 + GRACE_MS - 5);
    expect(scene.connections).toMatchObject([{ ended: "cut" }]);
  });

  test("whose commit is not answered is unknown, whose commit is refused is not", async () => {
    const commitWith = (error: Error) => {
      const scene = oracleScene(ONE);
      const done = scene.database.transaction(run(), {}, async (tx) => void (await tx.query(WRITE)));
      done.catch(() => {});
      return answer(scene, UPDATE, ["commit", error]).then(() => done.catch((found: unknown) => found));
    };
    for (const code of ["NJS-500", "NJS-123", "ORA-03113", "ORA-01013", "ORA-02054"]) {
      expect(await commitWith(vendorError(code))).toBeInstanceOf(CommitUnknown);
    }
    const refused = await commitWith(vendorError("ORA-02091", "transaction rolled back"));
    expect(refused).not.toBeInstanceOf(CommitUnknown);
    expect(refused).toMatchObject({ fault: "statement", vendorCode: "ORA-02091" });
  });

  test("is refused a level that Oracle does not have, before it has a connection, and what would end it", async () => {
    const scene = oracleScene(ONE);
    await expect(
      scene.database.transaction(run(), { isolation: "repeatable read" }, async () => {}),
    ).rejects.toMatchObject({ fault: "statement", message: expect.stringContaining('use "serializable"') });
    expect(scene.connections).toHaveLength(0);

    for (const text of [sql`commit`, sql`/* now */ create table t (v number)`]) {
      const done = scene.database.transaction(run(), {}, (tx) => tx.query(text));
      done.catch(() => {});
      await answer(scene, "rollback");
      await expect(done).rejects.toThrow("it ends as its callback does");
    }
    expect(scene.connections[0]?.sent).toEqual(["rollback", "rollback"]);
  });
});

describe("a stream", () => {
  const QUESTION = sql`select v from lots`;
  const BEGUN = ["set transaction read only", "select v from lots"];

  test("is read to its end, the connection given back while the last rows are read", async () => {
    const scene = oracleScene(ONE);
    const taken: [number, boolean][] = [];
    const done = scene.database.stream(QUESTION, run(), 2, (batch, last) => {
      taken.push([batch.length, last]);
      return last ? new Promise(() => {}) : Promise.resolve(true);
    });
    await answer(scene, ...BEGUN, ["fetch 2", rows(2)], ["fetch 2", rows(1)], "commit");
    await done;
    expect(taken).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(scene.connections).toMatchObject([{ cursor: "closed", ended: undefined }]);
  });

  test("whose reader leaves fetches nothing more and closes its cursor", async () => {
    const scene = oracleScene(ONE);
    const done = scene.database.stream(QUESTION, run(), 2, async () => false);
    await answer(scene, ...BEGUN, ["fetch 2", rows(2)], "commit");
    await done;
    expect(scene.connections[0]?.sent.filter((text) => text === "fetch 2")).toHaveLength(1);
    expect(scene.connections).toMatchObject([{ cursor: "closed", ended: undefined }]);
  });

  test("at its deadline fetches nothing more, whether it reads or its reader dawdles", async () => {
    for (const dawdles of [false, true]) {
      const scene = oracleScene(ONE);
      const done = scene.database.stream(QUESTION, run({ deadlineMs: 150 }), 2, () =>
        dawdles ? new Promise((resolve) => setTimeout(() => resolve(true), 250)) : Promise.resolve(true),
      );
      done.catch(() => {});
      await answer(scene, ...BEGUN, ["fetch 2", rows(2)], "rollback");
      await expect(done).rejects.toMatchObject({ fault: "timeout" });
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(scene.connections[0]?.sent.filter((text) => text === "fetch 2")).toHaveLength(dawdles ? 1 : 2);
      expect(scene.connections).toMatchObject([{ cursor: "closed", interrupts: dawdles ? 0 : 1, ended: undefined }]);
    }
  });
});
