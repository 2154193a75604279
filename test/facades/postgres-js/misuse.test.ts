/** What is no `sql` for a guard, and what is done to one that is: each is told in a sentence that says what to write. */
import { Pool } from "pg";
import postgres from "postgres";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "../../../lib/config.ts";
import { guardSql } from "../../../lib/facades/postgres-js/postgres-js.ts";
import { memory } from "../../../lib/store/memory.ts";
import { tidegate } from "../../../lib/tidegate.ts";
import { errorOf } from "./scene.ts";

const warned: [string, unknown][] = [];
const note = (event: string, fields: unknown) => void warned.push([event, fields]);
const log = { debug: () => {}, info: () => {}, warn: note, error: () => {} };
const tide = tidegate({ store: memory(), config: readConfig({}), log });
const NOWHERE = "postgres://app:secret@127.0.0.1:1/orders";
afterAll(() => tide.close());

test.each([
  ["nothing", undefined, /was undefined/],
  ["a URL", NOWHERE, /a URL goes to postgres\(\)/],
  ["a promise of one", Promise.resolve(), /await it first/],
  ["a pool of pg", new Pool(), /guardPool of tidegate\/adapters\/pg/],
  ["options", { host: "localhost" }, /was a object/],
  ["postgres itself", postgres, /call it with the URL first/],
])("refuses %s", (_what, given, sentence) => {
  expect(() => guardSql(tide, given as never)).toThrow(TypeError);
  expect(() => guardSql(tide, given as never)).toThrow(sentence);
});

test("refuses what is guarded already, whichever of the two it is given", () => {
  const bare = postgres(NOWHERE);
  const sql = guardSql(tide, bare);
  for (const again of [bare, sql]) expect(() => guardSql(tide, again)).toThrow(/it is already; use what guardSql/);
});

test("refuses options that it does not have, and values that they cannot have", () => {
  const options = (given: object) => () => guardSql(tide, postgres(NOWHERE), given);
  expect(options({ max: 3 })).toThrow(/options are lane, deadlineMs, waitMs, signal, was max.*postgres\(\)/);
  expect(options({ lane: "health" })).toThrow(RangeError);
  expect(options({ deadlineMs: 0 })).toThrow(/above 0/);
  expect(options({ waitMs: -1 })).toThrow(/from 0/);
  expect(() => guardSql({} as never, postgres(NOWHERE))).toThrow(/guardSql: what tidegate\(\) returns/);
});

test("warns of a pool that is smaller than its share of the permits, and keeps quiet otherwise", () => {
  warned.length = 0;
  guardSql(tide, postgres(NOWHERE, { max: 30 }));
  expect(warned).toEqual([]);
  guardSql(tide, postgres(NOWHERE, { max: 5 }));
  expect(warned).toEqual([["sql.max_small", expect.objectContaining({ max: 5, permits: 30 })]]);
});

test("what was ended says so in the driver's own words, and opens no breaker", async () => {
  const bare = postgres(NOWHERE);
  const before = guardSql(tide, bare);
  await bare.end();
  const after = guardSql(tide, postgres(NOWHERE));
  await after.end();
  for (let nth = 0; nth < 12; nth++) {
    for (const sql of [before, after]) {
      expect(await errorOf(sql`select 1`)).toMatchObject({ code: "CONNECTION_ENDED" });
      expect(await errorOf(sql.begin((tx) => tx`select 1`))).toMatchObject({ code: "CONNECTION_ENDED" });
    }
  }
  expect((await tide.view()).breaker.state).toBe("closed");
});

test("a transaction without a callback is refused", async () => {
  const sql = guardSql(tide, postgres(NOWHERE));
  expect(await errorOf(sql.begin("read only" as never))).toBeInstanceOf(TypeError);
});

test("a function that makes one for each request becomes one that makes a guarded one", () => {
  const sqlOf = guardSql(tide, () => postgres(NOWHERE, { max: 5, fetch_types: false }));
  expect(sqlOf()).not.toBe(sqlOf());
  expect(sqlOf().options.max).toBe(5);
});
