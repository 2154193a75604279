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
