/** What every driver must do, said once and run on all that this machine can run. */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, DatabaseError } from "../../lib/database/port.ts";
import { list, sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { drivers } from "../support/drivers.ts";
import { execution } from "../support/execution.ts";
import { eventually } from "../support/processes.ts";

const runtime = systemRuntime();
const run = (conditions: Parameters<typeof execution>[1] = {}) => execution(runtime, conditions);
const BUSY = sql`select count(*) from generate_series(1, 2000000000)`;

/** Type, SQL, and what it must be in JavaScript, whichever driver read it. */
const VALUES: readonly (readonly [string, ReturnType<typeof sql>, unknown])[] = [
  ["int2", sql`select 7::int2 as v`, 7],
  ["int8 that fits", sql`select 9007199254740991::int8 as v`, 9007199254740991],
  ["int8 that does not", sql`select 9007199254740993::int8 as v`, "9007199254740993"],
  ["count", sql`select count(*) as v from generate_series(1, 3)`, 3],
  ["numeric", sql`select 1.50::numeric as v`, "1.50"],
  ["float8", sql`select 0.1::float8 as v`, 0.1],
  ["nan", sql`select 'nan'::float8 as v`, Number.NaN],
  ["bool", sql`select false as v`, false],
  ["null", sql`select null::int as v`, null],
  ["text", sql`select 'Zürich'::text as v`, "Zürich"],
  ["char(3)", sql`select 'a'::char(3) as v`, "a  "],
  ["uuid", sql`select '00000000-0000-0000-0000-000000000001'::uuid as v`, "00000000-0000-0000-0000-000000000001"],
  ["date", sql`select '2024-02-29'::date as v`, new Date("2024-02-29T00:00:00Z")],
  ["timestamp", sql`select '2024-02-29 12:34:56.789'::timestamp as v`, new Date("2024-02-29T12:34:56.789Z")],
  ["timestamptz", sql`select '2024-02-29 12:34:56+05:30'::timestamptz as v`, new Date("2024-02-29T07:04:56Z")],
  ["infinity", sql`select 'infinity'::timestamptz as v`, "infinity"],
  ["interval", sql`select '1 day'::interval as v`, "1 day"],
  ["bytea", sql`select '\\x00ff'::bytea as v`, new Uint8Array([0, 255])],
  ["jsonb", sql`select '{"a": [1, null]}'::jsonb as v`, { a: [1, null] }],
  ["int[]", sql`select array[1, null, 3] as v`, [1, null, 3]],
  [
    "text[][]",
    sql`select array[['a "b"', 'c,d'], ['\\', 'NULL']] as v`,
    [
      ['a "b"', "c,d"],
      ["\\", "NULL"],
    ],
  ],
  ["timestamptz[]", sql`select array['2024-01-01 00:00:00+00'::timestamptz] as v`, [new Date("2024-01-01T00:00:00Z")]],
  ["enum-like unknown type", sql`select '(1,2)'::point as v`, "(1,2)"],
];

const BINDS: readonly (readonly [string, ReturnType<typeof sql>, unknown])[] = [
  ["number", sql`select ${42}::int as v`, 42],
  ["bigint", sql`select ${2n ** 60n}::int8 as v`, String(2n ** 60n)],
  ["true", sql`select ${true}::bool as v`, true],
  ["false", sql`select ${false}::bool as v`, false],
  ["null", sql`select ${null}::text as v`, null],
  ["hostile text", sql`select ${"'; drop table lots; --"}::text as v`, "'; drop table lots; --"],
  ["untyped", sql`select ${"x"} as v`, "x"],
  ["date", sql`select ${new Date("2024-02-29T12:00:00.123Z")}::timestamptz as v`, new Date("2024-02-29T12:00:00.123Z")],
  [
    "date into timestamp",
    sql`select ${new Date("2024-02-29T12:00:00Z")}::timestamp as v`,
    new Date("2024-02-29T12:00:00Z"),
  ],
  [
    "microseconds as text",
    sql`select (${"2024-01-01 00:00:00.123456"}::timestamp)::text as v`,
    "2024-01-01 00:00:00.123456",
  ],
  ["bytes", sql`select ${new Uint8Array([1, 2, 254])}::bytea as v`, new Uint8Array([1, 2, 254])],
  ["json object", sql`select ${{ a: "ä", n: [1] }}::jsonb as v`, { a: "ä", n: [1] }],
  ["json list", sql`select ${[1, { b: 2 }]}::jsonb as v`, [1, { b: 2 }]],
  ["json text", sql`select ${'{"a":1}'}::json as v`, { a: 1 }],
  ["int[]", sql`select ${[1, null, 3]}::int[] as v`, [1, null, 3]],
  ["text[]", sql`select ${['a"b', "c\\d", "NULL", ""]}::text[] as v`, ['a"b', "c\\d", "NULL", ""]],
  ["any()", sql`select 2 = any(${[1, 2]}::int[]) as v`, true],
  ["list", sql`select 2 in (${list([1, 2])}) as v`, true],
];

describe.each(drivers)("$name", (driver) => {
  let opened: Awaited<ReturnType<typeof driver.open>>;
  let database: Database;
  beforeAll(async () => {
    if (driver.skip !== undefined) return;
    opened = await driver.open();
    database = opened.database;
  }, 60_000);
  afterAll(() => opened?.dispose());

  describe.skipIf(driver.skip !== undefined)(driver.skip ?? "keeps the contract", () => {
    test.each(VALUES)("reads %s", async (_name, statement, expected) => {
      expect(await database.query(statement, run())).toEqual([{ v: expected }]);
    });

    test.each(BINDS)("binds %s", async (_name, statement, expected) => {
      // Twice: the second time the driver knows the parameters' types already.
      expect(await database.query(statement, run())).toEqual([{ v: expected }]);
      expect(await database.query(statement, run())).toEqual([{ v: expected }]);
    });

    test.each([
      ["undefined", undefined],
      ["a function", () => 1],
      ["an invalid date", new Date(Number.NaN)],
    ])("refuses to bind %s, saying which value it was", async (_name, value) => {
      const refused = database.query(sql`select ${1}::int, ${value}::text`, run());
      await expect(refused).rejects.toMatchObject({
        fault: "statement",
        message: expect.stringContaining("bind value 2"),
      });
    });

    test("as many bind values as the driver can count to are bound; more are refused unsent, and hurt nobody else", async () => {
      const isIn = (length: number) => sql`select 1 in (${list(Array.from({ length }, () => 1))}) as v`;
      expect(await database.query(isIn(65_533), run())).toEqual([{ v: true }]);
      const refused = { fault: "statement", message: expect.stringContaining("at most 65533") };
      for (const length of [65_534, 65_536, 200_000]) {
        await expect(database.query(isIn(length), run())).rejects.toMatchObject(refused);
      }
      const held = database.transaction(run(), {}, async ({ query }) => {
        await query(isIn(65_534)).catch(() => {});
        return query(sql`select 2 as v`);
      });
      expect(await held).toEqual([{ v: 2 }]);
      expect(await database.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
    });

    test("statements without rows give a plain empty array", async () => {
      const rows = await database.query(sql`create table if not exists nothing_here (id int)`, run());
      expect(rows).toStrictEqual([]);
      expect(Object.keys(rows)).toEqual([]);
    });

    test("several statements in one text are refused", async () => {
      await expect(database.query(sql`select 1; select 2`, run())).rejects.toMatchObject({
        fault: "statement",
        vendorCode: "42601",
      });
    });

    test.each([
      ["syntax", sql`selec 1`, "42601"],
      ["missing table", sql`select * from no_such_table`, "42P01"],
      ["division by zero", sql`select 1/0`, "22012"],
      ["bad value", sql`select ${"x"}::int`, "22P02"],
    ])(
      "%s is the statement's own fault, without SQL or values in the message",
      async (_name, statement, vendorCode) => {
        const error = await database.query(statement, run()).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(DatabaseError);
        expect(error).toMatchObject({ fault: "statement", code: "DB_QUERY_ERROR", vendorCode });
        expect((error as Error).message).toBe("The database rejected the statement.");
        expect(
          inspect((error as DatabaseError).vendorError(), { showHidden: true, depth: 5 }).split("    at ")[0],
        ).not.toMatch(/selec[t ]|parameters:|args:/);
        expect(await database.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      },
    );

    test("what one caller leaves behind in the session does not reach the next", async () => {
      // Behind a pooler it is refused.
      await database.query(sql`begin`, run()).catch(() => {});
      await database.query(sql`create table left_open (id int)`, run());
      const rows = await database.query(sql`select to_regclass('left_open') is not null as v`, run());
      expect(rows).toEqual([{ v: true }]);
      await database.query(sql`drop table left_open`, run());
      await database.query(sql`set search_path = nowhere`, run()).catch(() => {});
      expect(await database.query(sql`show search_path`, run())).not.toEqual([{ search_path: "nowhere" }]);
    });

    test("runs one statement at a time per place, in the order of arrival", async () => {
      const order: number[] = [];
      await Promise.all(
        [1, 2, 3].map(async (name) => {
          await database.query(sql`select pg_sleep(0.02)`, run());
          order.push(name);
        }),
      );
      expect(order).toEqual([1, 2, 3]);
      expect(database.pool()).toMatchObject({ checkedOut: 0, checkedIn: 1, waiting: 0, maxCapacity: 1 });
    });

    test("waits for a place no longer than connectBy", async () => {
      const held = database.query(sql`select pg_sleep(0.5)`, run());
      expect(database.pool()).toMatchObject({ checkedOut: 1 });
      const waiter = database.query(sql`select 1`, run({ connectWithinMs: 50 }));
      expect(database.pool()).toMatchObject({ waiting: 1 });
      await expect(waiter).rejects.toMatchObject({ fault: "exhausted", code: "DB_POOL_EXHAUSTED" });
      await held;
    });

    test("sends nothing after startBy", async () => {
      await database.query(sql`create table if not exists late (id int)`, run());
      const late = database.query(sql`insert into late values (1)`, run({ startWithinMs: 0 }));
      await expect(late).rejects.toMatchObject({ fault: "exhausted" });
      expect(await database.query(sql`select count(*) as v from late`, run())).toEqual([{ v: 0 }]);
    });

    test("a caller that is gone before it is served runs nothing", async () => {
      const gone = database.query(sql`select 1`, run({ signal: AbortSignal.abort() }));
      await expect(gone).rejects.toMatchObject({ fault: "cancelled" });
    });

    test("a statement beyond its deadline ends as a timeout, and the next one works", async () => {
      const startedAt = runtime.monotonicMs();
      await expect(database.query(BUSY, run({ deadlineMs: 300 }))).rejects.toMatchObject({
        fault: "timeout",
        code: "DB_QUERY_TIMEOUT",
      });
      const tookMs = runtime.monotonicMs() - startedAt;
      expect(tookMs).toBeGreaterThanOrEqual(295);
      expect(tookMs).toBeLessThan(300 + 2_500);
      expect(await database.query(sql`select 1 as v`, run({ connectWithinMs: 20_000 }))).toEqual([{ v: 1 }]);
    });

    test("an abort in mid-statement is the caller's wish, and the place is free only when the statement has ended", async () => {
      const controller = new AbortController();
      let settled = false;
      const running = database.query(BUSY, run({ signal: controller.signal, deadlineMs: 1_000 })).finally(() => {
        settled = true;
      });
      await eventually("it runs", () => database.pool().checkedOut === 1);
      controller.abort();
      expect(settled).toBe(false);
      await expect(running).rejects.toMatchObject({ fault: "cancelled" });
      expect(database.pool().checkedOut).toBe(0);
      expect(await database.query(sql`select 1 as v`, run({ connectWithinMs: 20_000 }))).toEqual([{ v: 1 }]);
    });

    test("an abort for a deadline is a timeout", async () => {
      const timed = database.query(BUSY, run({ signal: AbortSignal.timeout(100), deadlineMs: 1_000 }));
      await expect(timed).rejects.toMatchObject({ fault: "timeout" });
    });

    test("answers pings", async () => {
      await database.ping(run({ lane: "health", connectWithinMs: 20_000 }));
    });

    test("the event loop stays live while a statement runs", async () => {
      let turns = 0;
      const ticking = setInterval(() => {
        turns += 1;
      }, 5);
      await database.query(sql`select count(*) from generate_series(1, 3000000)`, run());
      clearInterval(ticking);
      expect(turns).toBeGreaterThan(3);
    });
  });
});
