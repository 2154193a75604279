/**
 * The same promises at a real Oracle, when there is one: `ORACLE_TEST_URL=oracle://user:password@host/service`, of a user
 * who may log on and create tables. Nothing outside tables named `tidegate_test_…` is touched.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { oracle } from "../../lib/database/oracle/oracle.ts";
import type { Database, DatabaseSettings } from "../../lib/database/port.ts";
import { list, type Statement, sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { eventually } from "../support/processes.ts";

const URL_OF_SERVER = process.env.ORACLE_TEST_URL;
const SKIP = URL_OF_SERVER
  ? undefined
  : "no Oracle: ORACLE_TEST_URL is not set, and none can be installed for the tests";
const runtime = systemRuntime();
const run = (conditions: Conditions = {}) => execution(runtime, conditions);
/** Minutes of work, without a privilege for sleeping. */
const BUSY = sql`select count(*) as v from all_objects a, all_objects b, all_objects c where a.object_name || b.object_name || c.object_name = 'x'`;

const VALUES: readonly (readonly [string, Statement, unknown])[] = [
  ["whole number", sql`select 7 as v from dual`, 7],
  ["number that fits", sql`select 9007199254740991 as v from dual`, 9007199254740991],
  ["number that does not", sql`select 9007199254740993 as v from dual`, "9007199254740993"],
  ["decimal", sql`select cast(1.25 as number(10, 2)) as v from dual`, "1.25"],
  ["below one", sql`select cast(0.5 as number(10, 2)) as v from dual`, "0.5"],
  ["count", sql`select count(*) as v from dual`, 1],
  ["binary_double", sql`select cast(0.1 as binary_double) as v from dual`, 0.1],
  ["null", sql`select cast(null as number) as v from dual`, null],
  ["text", sql`select 'Zürich' as v from dual`, "Zürich"],
  ["clob", sql`select to_clob('long') as v from dual`, "long"],
  ["blob", sql`select to_blob(hextoraw('00FF')) as v from dual`, Buffer.from([0, 255])],
  ["date", sql`select date '2024-02-29' as v from dual`, new Date("2024-02-29T00:00:00Z")],
  ["timestamp", sql`select timestamp '2024-02-29 12:34:56.789' as v from dual`, new Date("2024-02-29T12:34:56.789Z")],
  ["with zone", sql`select timestamp '2024-02-29 12:34:56 +05:30' as v from dual`, new Date("2024-02-29T07:04:56Z")],
  ["bound text", sql`select ${"'; drop table lots; --"} as v from dual`, "'; drop table lots; --"],
  ["bound number", sql`select ${42} + 0 as v from dual`, 42],
  ["bound big integer", sql`select to_number(${2n ** 60n}) as v from dual`, String(2n ** 60n)],
  ["bound truth", sql`select ${true} + 0 as v from dual`, 1],
  ["bound null", sql`select ${null} as v from dual`, null],
  ["bound date", sql`select cast(${new Date(1)} as timestamp with time zone) as v from dual`, new Date(1)],
  ["bound list", sql`select count(*) as v from dual where 2 in (${list([1, 2])})`, 1],
];

describe.skipIf(SKIP !== undefined)(SKIP ?? "an Oracle", () => {
  const open: Database[] = [];
  const at = (settings: Partial<DatabaseSettings> = {}, url = URL_OF_SERVER): Database => {
    const database = oracle(url, { graceMs: 1_000 }).open({ ...SETTINGS, ...settings }, runtime);
    open.push(database);
    return database;
  };
  const sid = async (db: Database) =>
    (await db.query<{ v: string }>(sql`select sys_context('userenv', 'sid') as v from dual`, run()))[0]?.v;
  const ignored = () => {};

  beforeAll(async () => {
    const db = at();
    await db.query(sql`drop table tidegate_test_rows purge`, run()).catch(ignored);
    await db.query(sql`create table tidegate_test_rows (id number(10) not null primary key)`, run());
    await db.close();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  afterAll(async () => {
    await at().query(sql`drop table tidegate_test_rows purge`, run()).catch(ignored);
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  test.each(VALUES)("reads %s", async (_name, statement, expected) => {
    expect(await at().query(statement, run())).toEqual([{ v: expected }]);
  });

  test("fetches more rows than one round trip brings", async () => {
    const rows = await at().query<{ v: number }>(sql`select level as v from dual connect by level <= ${1_234}`, run());
    expect(rows.map(({ v }) => v)).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
  });

  test("commits each statement, and gives no rows for those that have none", async () => {
    const inserted = await at().query(sql`insert into tidegate_test_rows values (${1})`, run());
    expect(inserted).toStrictEqual([]);
    expect(await at().query(sql`select id from tidegate_test_rows`, run())).toEqual([{ id: 1 }]);
  });

  test.each([
    ["syntax", sql`selec 1 from dual`, "ORA-00900"],
    ["missing table", sql`select * from no_such_table`, "ORA-00942"],
    ["division by zero", sql`select 1 / 0 from dual`, "ORA-01476"],
    ["constraint", sql`insert into tidegate_test_rows values (null)`, "ORA-01400"],
  ])("%s is the statement's own fault", async (_name, statement, vendorCode) => {
    const db = at({ poolSize: 1, maxOverflow: 0 });
    const before = await sid(db);
    await expect(db.query(statement, run())).rejects.toMatchObject({ fault: "statement", vendorCode });
    expect(await sid(db)).toBe(before);
  });

  test("a wrong password and an unknown service are connection errors", async () => {
    const wrong = at({}, URL_OF_SERVER?.replace(/:[^:@/]+@/, ":wrong@"));
    await expect(wrong.query(sql`select 1 from dual`, run())).rejects.toMatchObject({ vendorCode: "ORA-01017" });
    const nowhere = at({}, URL_OF_SERVER?.replace(/\/[^/]+$/, "/no_such_service"));
    await expect(nowhere.query(sql`select 1 from dual`, run())).rejects.toMatchObject({
      fault: "connection",
      vendorCode: "NJS-518",
    });
  });

  test("a statement is stopped at the server at its deadline, and its connection serves the next", async () => {
    const db = at({ poolSize: 1, maxOverflow: 0 });
    const before = await sid(db);
    const startedAt = runtime.monotonicMs();
    await expect(db.query(BUSY, run({ deadlineMs: 500 }))).rejects.toMatchObject({ fault: "timeout" });
    expect(runtime.monotonicMs() - startedAt).toBeLessThan(500 + 1_000 + 500);
    expect(await sid(db)).toBe(before);
  });

  test("a statement is stopped when its caller gives up", async () => {
    const db = at({ poolSize: 1, maxOverflow: 0 });
    const controller = new AbortController();
    const asked = db.query(BUSY, run({ signal: controller.signal }));
    asked.catch(ignored);
    await eventually("it runs", () => db.pool().checkedIn === 0 && db.pool().checkedOut === 1);
    setTimeout(() => controller.abort(), 500);
    await expect(asked).rejects.toMatchObject({ fault: "cancelled" });
    expect(await db.query(sql`select 1 as v from dual`, run())).toEqual([{ v: 1 }]);
  });

  test("a hundred aborts at random moments strand nothing and hit nobody else", async () => {
    const db = at({ poolSize: 2, maxOverflow: 0 });
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const controller = new AbortController();
        const aborted = db
          .query(sql`select count(*) from all_objects`, run({ signal: controller.signal }))
          .catch(ignored);
        setTimeout(() => controller.abort(), index % 23);
        expect(await db.query(sql`select ${index} + 0 as v from dual`, run())).toEqual([{ v: index }]);
        await aborted;
      }),
    );
    expect(db.pool()).toMatchObject({ checkedOut: 0, waiting: 0 });
  });

  test("what one caller leaves behind in the session does not reach the next", async () => {
    const db = at({ poolSize: 1, maxOverflow: 0 });
    await db.query(sql`select id from tidegate_test_rows for update`, run());
    await at().query(sql`delete from tidegate_test_rows where id = ${1}`, run({ deadlineMs: 2_000 }));
    await db.query(sql`alter session set nls_date_format = 'YYYY'`, run());
    expect(await db.query(sql`select to_char(sysdate) as v from dual`, run())).not.toEqual([{ v: "2026" }]);
  });

  test("lanes have connections of their own, and connections are replaced at their age", async () => {
    const db = at({ poolSize: 1, maxOverflow: 0, poolRecycleMs: 500 });
    const busy = db.query(BUSY, run({ deadlineMs: 1_000 }));
    busy.catch(ignored);
    await db.ping(run({ lane: "health" }));
    await db.ping(run({ lane: "slow" }));
    await expect(db.query(sql`select 1 from dual`, run({ connectWithinMs: 50 }))).rejects.toMatchObject({
      fault: "exhausted",
    });
    await busy.catch(ignored);
    await eventually("an idle one is closed at its age", () => db.pool().checkedIn === 0, 2_000);
  });
});
