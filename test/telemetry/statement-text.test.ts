import { describe, expect, test } from "vitest";
import { list, sql } from "../../lib/database/sql.ts";
import { textOfOthers, textOfStatement } from "../../lib/telemetry/statement-text.ts";

describe("what a trace is told of a statement", () => {
  test("is its text with places for its values, and what it does", () => {
    const of = textOfStatement(sql`
      select * from lots where id in (${list(["secret-1", "secret-2"])})`);
    expect(of).toEqual({ operation: "SELECT", text: "select * from lots where id in ($1, $2)" });
  });

  test.each([
    ["insert into lots values (1)", "INSERT"],
    ["  -- why\n  /* a *hint* */ (Select 1)", "SELECT"],
    ["with recent as (select 1) select * from recent", "WITH"],
    ["/* a */ /* b */ 1", undefined],
    ["", undefined],
  ])("of %j is %s", (text, operation) => {
    expect(textOfOthers(text).operation).toBe(operation);
  });

  test.each([
    ["select * from users where name = 'o''brien' and age > 41", "select * from users where name = ? and age > ?"],
    ["select * from users where id = $1 and t2.c3 = 4.5e6", "select * from users where id = $1 and t2.c3 = ?"],
    ["select $$a 'secret'$$, $tag$ $$ secret $tag$", "select ?, ?"],
    ["select 1 -- for kim\n+ 2 /* secret */", "select ? \n+ ?"],
    ["select 'broken off, secret", "select ?"],
    [`select "it's", 'secret' from "a""b"`, `select "it's", ? from "a""b"`],
    ["/* a /* b */ secret */ select 1", ""],
    ["select 1 /* a /* b */ 'secret' */", "select ?"],
    ["select * from a where b > .5 and c < 1.5", "select * from a where b > ? and c < ?"],
    [String.raw`select 'a\'b secret'`, "select"],
    [String.raw`select E'it\'s' || 'secret'`, "select E"],
  ])("of somebody else's text has no value: %j", (text, told) => {
    expect(textOfOthers(text).text).toBe(told);
  });

  test("is cut off where it is endless, and found fast in what is hostile", () => {
    const endless = `select ${"'a' || ".repeat(20_000)}1`;
    expect(textOfOthers(endless).text.length).toBeLessThan(4_100);
    for (const hostile of [`${"/* a ".repeat(5_000)}1`, `${"(".repeat(50_000)}1`, `select ${"E'\\".repeat(5_000)}`]) {
      expect(textOfOthers(hostile).text.length).toBeLessThan(4_100);
    }
  });
});
