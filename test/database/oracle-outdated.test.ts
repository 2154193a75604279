/** Connections to an Oracle that are of no use any more, although nobody has closed them. */
import { expect, test } from "vitest";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { type OracleScene, oracleScene, runtime, vendorError } from "../support/oracle-scene.ts";
import { eventually } from "../support/processes.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const ONE = { poolSize: 1, maxOverflow: 0 };
const QUESTION = sql`select 1 as v from dual`;
const WRITE = sql`delete from lots`;

const statement = ({ connections }: OracleScene, index = 0) =>
  eventually("a statement runs", () => connections[index]?.running, 2_000);

async function answered(scene: OracleScene, index: number): Promise<void> {
  const asked = scene.database.query(QUESTION, run());
  (await statement(scene, index)).finish();
  await asked;
}

test("an error of the driver's own takes its connection out of use", async () => {
  const scene = oracleScene(ONE);
  const failed = scene.database.query(QUESTION, run());
  (await statement(scene)).fail(vendorError("NJS-112", "internal error: read an unexpected message"));
  await expect(failed).rejects.toMatchObject({ fault: "statement", vendorCode: "NJS-112" });
  await answered(scene, 1);
  expect(scene.connections[0]?.ended).toBe("cut");
});

test("in a transaction nothing more is sent after one, and it is rolled back with its connection", async () => {
  const scene = oracleScene(ONE);
  const heard: unknown[] = [];
  const work = scene.database.transaction(run(), {}, async ({ query }) => {
    await query(WRITE).catch((error) => heard.push(error));
    await query(WRITE).catch((error) => heard.push(error));
  });
  (await statement(scene)).fail(new Error("what the driver did not expect"));
  await expect(work).rejects.toMatchObject({ fault: "statement" });
  expect(heard).toMatchObject([{ fault: "statement" }, { fault: "statement" }]);
  expect(scene.connections[0]).toMatchObject({ sent: ["delete from lots"], ended: "cut" });
});

test.each(["ORA-16000", "ORA-01456"])("%s of a write retires all connections, in all lanes", async (code) => {
  const scene = oracleScene(ONE);
  await answered(scene, 0);
  const slow = scene.database.query(QUESTION, run({ lane: "slow" }));
  (await statement(scene, 1)).finish();
  await slow;
  const failed = scene.database.query(WRITE, run());
  (await statement(scene)).fail(vendorError(code, "database open for read-only access"));
  await expect(failed).rejects.toMatchObject({ fault: "statement", vendorCode: code });
  await answered(scene, 2);
  expect(scene.connections.map(({ ended }) => ended)).toEqual(["closed", "closed", undefined]);
});

test("a write in a transaction that is to read only says nothing about its connection", async () => {
  const scene = oracleScene(ONE);
  const wrote = scene.database.transaction(run(), { readOnly: true }, ({ query }) => query(WRITE));
  (await statement(scene)).finish();
  (
    await eventually(
      "it writes",
      () => (scene.connections[0]?.sent.length ?? 0) > 1 && scene.connections[0]?.running,
      2_000,
    )
  ).fail(vendorError("ORA-01456", "may not perform insert, delete, update operation inside a READ ONLY transaction"));
  (
    await eventually(
      "it ends",
      () => (scene.connections[0]?.sent.length ?? 0) > 2 && scene.connections[0]?.running,
      2_000,
    )
  ).finish();
  await expect(wrote).rejects.toMatchObject({ vendorCode: "ORA-01456" });
  expect(scene.connections.map(({ ended }) => ended)).toEqual([undefined]);
});

test("one that was at rest for half a minute is asked first, and where it is gone another has the statement", async () => {
  let aheadMs = 0;
  const scene = oracleScene(ONE, {}, { ...runtime, wallMs: () => runtime.wallMs() + aheadMs });
  await answered(scene, 0);
  aheadMs = 31_000;
  const asked = scene.database.query(WRITE, run());
  const proof = await statement(scene);
  expect(proof.text).toBe("select 1 from dual");
  proof.fail(vendorError("NJS-500", "connection was closed or broken"));
  const sent = await statement(scene, 1);
  expect(sent.text).toBe("delete from lots");
  sent.finish();
  expect(await asked).toEqual([]);
});

test("a transaction goes on after it has changed its session, which nobody else gets", async () => {
  const scene = oracleScene(ONE);
  const work = scene.database.transaction(run(), {}, async ({ query }) => {
    await query(sql`alter session set nls_date_format = 'YYYY'`);
    return query(QUESTION);
  });
  for (const text of ["alter", "select", "commit"]) {
    const isNext = () => scene.connections[0]?.running?.text.startsWith(text) && scene.connections[0].running;
    (await eventually(`${text} runs`, isNext, 2_000)).finish();
  }
  await work;
  await answered(scene, 1);
});
