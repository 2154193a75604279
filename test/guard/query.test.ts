/** What may stand behind `db.query`: a template literal or a statement, and nothing that a request brought along. */
import { describe, expect, test } from "vitest";
import { sql } from "../../lib/database/sql.ts";
import { guardDatabase } from "../../lib/guard/database/guarded-database.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { SETTINGS } from "../support/execution.ts";
import { fleet } from "../support/guarded.ts";

function scene() {
  const { runtime, log, instance } = fleet();
  const sent: string[] = [];
  const fake = fakeDatabase((text) => {
    sent.push(text);
    return [];
  });
  const db = guardDatabase({ guard: instance(), database: fake.open(SETTINGS, runtime), runtime, log });
  return { db, sent };
}
type Call = (...given: unknown[]) => Promise<unknown>;

describe.each<[string, unknown[], RegExp]>([
  ["a text", ["select 1"], /db\.query: a template literal is needed, as in db\.query`select .*it was a text/],
  ["an array of a request", [JSON.parse('["select pg_sleep(9)"]')], /db\.query: a template literal.*it was an array/],
  [
    "values behind a statement",
    [sql`select 1`, [1, 2]],
    /limits such as \{ deadlineMs: 200 \}.*sql`… where id = \$\{id\}`/,
  ],
  ["a value behind a statement", [sql`select 1`, 7], /limits such as/],
  ["null behind a statement", [sql`select 1`, null], /limits such as/],
])("%s", (_what, given, sentence) => {
  test.each(["query", "one", "stream"] as const)(
    "is refused by %s, with what to write, and nothing is sent",
    async (how) => {
      const { db, sent } = scene();
      const call = async () => (db[how] as unknown as Call)(...given);
      await expect(call()).rejects.toThrow(TypeError);
      await expect(call()).rejects.toThrow(sentence);
      expect(sent).toEqual([]);
    },
  );

  test("is refused in a transaction, which is rolled back", async () => {
    const { db, sent } = scene();
    const work = db.transaction((tx) => (tx.query as unknown as Call)(...given));
    await expect(work).rejects.toThrow(TypeError);
    expect(sent).not.toContain("commit");
    expect(sent.join()).not.toMatch(/select/);
  });
});

test("a template literal, a statement, and a statement with limits are taken", async () => {
  const { db, sent } = scene();
  await db.query`select ${1}`;
  await db.query(sql`select ${2}`);
  await db.query(sql`select ${3}`, { deadlineMs: 200 });
  expect(sent).toEqual(["select $1", "select $1", "select $1"]);
});
