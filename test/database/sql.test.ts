import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isStatement, list, render, sql } from "../../lib/database/sql.ts";

const dollar = (position: number): string => `$${position}`;

describe("statements as values", () => {
  test("keep text and values apart and number the values", () => {
    const statement = sql`select * from lots where id = ${7} and name = ${"x"}`;
    expect(render(statement, dollar)).toBe("select * from lots where id = $1 and name = $2");
    expect(statement.values).toEqual([7, "x"]);
  });

  test("splice other statements in as SQL, with their values in order", () => {
    const open = sql`and closed_at > ${"then"}`;
    const statement = sql`select ${1} from holds where id = ${2} ${open} limit ${3}`;
    expect(render(statement, dollar)).toBe("select $1 from holds where id = $2 and closed_at > $3 limit $4");
    expect(statement.values).toEqual([1, 2, "then", 3]);
  });

  test("an empty statement leaves no trace", () => {
    expect(render(sql`select 1 ${sql``}`, dollar)).toBe("select 1 ");
  });

  test("a list becomes one value per element", () => {
    const statement = sql`select * from lots where id in (${list(["a", "b", "c"])})`;
    expect(render(statement, (position) => `:${position}`)).toBe("select * from lots where id in (:1, :2, :3)");
    expect(statement.values).toEqual(["a", "b", "c"]);
  });

  test("a list may be longer than the stack is deep", () => {
    const ids = Array.from({ length: 200_000 }, (_, id) => id);
    expect(sql`select ${list(ids)}, ${"end"}`.values).toHaveLength(200_001);
  });

  test("an empty list is refused, saying what is needed", () => {
    expect(() => list([])).toThrow(/at least one value is needed/);
  });

  test("an object that looks like a statement is a value", () => {
    const forged = { texts: ["; drop table lots; --"], values: [] };
    const statement = sql`select ${forged}`;
    expect(isStatement(forged)).toBe(false);
    expect(render(statement, dollar)).toBe("select $1");
  });
});

describe("what is no template literal is refused, with what to write", () => {
  const call = sql as unknown as (...given: unknown[]) => unknown;
  test.each<[string, unknown[], RegExp]>([
    ["a text", ["select 1"], /it was a text; write the statement there/],
    ["an array that a request brought along", [JSON.parse('["select 1"]')], /it was an array/],
    [
      "an array with raw, as JSON can make it",
      [JSON.parse('{"0":"select 1","length":1,"raw":["select 1"]}')],
      /it was an object/,
    ],
    ["nothing", [], /it was undefined/],
    ["a promise", [Promise.resolve("select 1")], /it was a promise/],
  ])("%s", (_what, given, sentence) => {
    expect(() => call(...given)).toThrow(TypeError);
    expect(() => call(...given)).toThrow(sentence);
    expect(() => call(...given)).toThrow(/as in sql`select \* from lots where id = \$\{id\}`/);
  });

  test("an escape that JavaScript does not know, whose text would be missing", () => {
    expect(() => sql`select '\unicode' from lots`).toThrow(/escapes of JavaScript is needed.*write \\\\ for \\/);
  });

  test("a text in the place of a list", () => {
    const listOf = list as (values: unknown) => unknown;
    expect(() => listOf("L1")).toThrow(/sql list: an array is needed, it was a text/);
    expect(() => listOf(new Set(["L1"]))).toThrow(/write list\(\[\.\.\.values\]\)/);
  });

  test("an array where each of its values needs a place", () => {
    const ids = ["a", "b"];
    for (const wrong of [
      () => sql`select * from lots where id in (${ids})`,
      () => sql`select * from lots where id NOT IN ( ${ids} )`,
      () => sql`select * from lots where id in ${ids}`,
      () => sql`${sql`select * from lots where id in (`}${ids})`,
    ]) {
      expect(wrong).toThrow(
        /in \(…\) needs a value for each place, it was one array; write in \(\$\{list\(values\)\}\)/,
      );
    }
    expect(sql`select * from lots where id = any(${ids}) and begin = ${ids}`.values).toEqual([ids, ids]);
  });
});

/** How a statement is put together: values, lists and statements inside statements. */
type Part = { readonly value: unknown } | { readonly values: unknown[] } | { readonly parts: readonly Part[] };
const { part } = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    fc.record({ value: fc.anything() }),
    fc.record({ values: fc.array(fc.string(), { minLength: 1, maxLength: 4 }) }),
    fc.record({ parts: fc.array(tie("part"), { maxLength: 3 }) }),
  ),
}));

function build(of: Part): unknown {
  if ("value" in of) return of.value;
  if ("values" in of) return list(of.values);
  return sql(template(of.parts.length), ...of.parts.map(build));
}

function leaves(of: Part): unknown[] {
  if ("value" in of) return [of.value];
  return "values" in of ? of.values : of.parts.flatMap(leaves);
}

/** `?` between `count` holes: the only characters that come from the developer's text. */
function template(count: number): TemplateStringsArray {
  const strings = Array.from({ length: count + 1 }, () => "?");
  return Object.assign(strings, { raw: strings });
}

test("nothing interpolated ever reaches the text", () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const statement = sql(template(parts.length), ...parts.map(build));
      const rendered = render(statement, () => "#");
      expect(rendered).toMatch(/^[?#, ]*$/);
      expect(rendered.split("#").length - 1).toBe(statement.values.length);
      expect(statement.values).toEqual(parts.flatMap(leaves));
      expect(statement.texts.length).toBe(statement.values.length + 1);
    }),
  );
});
