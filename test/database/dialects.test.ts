/** The reports' SQL for Oracle, which no server here can run: held to what can be read off the texts. */
import { describe, expect, test } from "vitest";
import { DIALECTS, type Dialect } from "../../functions/sql/dialect.ts";
import { knownLots, lotEvents } from "../../functions/sql/events.ts";
import { holdHistory, latestHold } from "../../functions/sql/hold-history.ts";
import { lineage, lineageLot } from "../../functions/sql/lineage.ts";
import { latestReject, REJECT_GROUPINGS, rejectHistory } from "../../functions/sql/reject-history.ts";
import { WIP_DIMENSIONS, wipSummary } from "../../functions/sql/wip-summary.ts";
import { toBinds } from "../../lib/database/oracle/binds.ts";
import { render, type Statement } from "../../lib/database/sql.ts";

const RANGE = { from: "2026-05-01T00:00:00.000Z", to: "2026-06-01T00:00:00.000Z" };
const SOME = ["a", "b"];
const AFTER = { at: "2026-05-02T00:00:00.000Z", id: "17" };

/** Every statement of the reports, with every parameter it can have. */
function statements(dialect: Dialect): [string, Statement][] {
  const filters = { causes: SOME, products: SOME, operations: SOME, equipment: SOME };
  return [
    ["lot events", lotEvents({ lots: SOME, types: SOME, ...RANGE, after: AFTER, limit: 9 })],
    ["known lots", knownLots(SOME)],
    ["hold history", holdHistory({ range: RANGE, reasons: SOME, lots: SOME, open: true, after: AFTER, limit: 9 })],
    ["latest hold", latestHold()],
    ["lot", lineageLot("L1")],
    ["lineage", lineage({ lot: "L1", directions: ["ancestors", "descendants"], maxDepth: 5, limit: 9 }, dialect)],
    ["ancestors", lineage({ lot: "L1", directions: ["ancestors"], maxDepth: 5, limit: 9 }, dialect)],
    ...REJECT_GROUPINGS.map((groupBy): [string, Statement] => [
      `rejects by ${groupBy}`,
      rejectHistory({ ...RANGE, ...filters, groupBy, limit: 9 }, dialect),
    ]),
    ["latest reject", latestReject()],
    [
      "work in progress",
      wipSummary({ groupBy: WIP_DIMENSIONS, products: SOME, routes: SOME, operations: SOME, states: SOME, limit: 9 }),
    ],
  ];
}

const textOf = (statement: Statement) => render(statement, (position) => `:${position}`).replace(/\s+/g, " ");
const inOracle = statements(DIALECTS.oracle).map(([name, statement]) => ({ name, statement, text: textOf(statement) }));

/** Oracle's reserved words (V$RESERVED_WORDS, reserved = 'Y'): no name unless quoted. */
const RESERVED = new Set(
  `access add all alter and any as asc audit between by char check cluster column comment compress connect create
  current date decimal default delete desc distinct drop else exclusive exists file float for from grant group having
  identified immediate in increment index initial insert integer intersect into is level like lock long maxextents
  minus mlslabel mode modify noaudit nocompress not nowait null number of offline on online option or order pctfree
  prior public raw rename resource revoke row rowid rownum rows select session set share size smallint start
  successful synonym sysdate table then to trigger uid union unique update user validate values varchar varchar2 view
  whenever where with`.split(/\s+/),
);

describe.each(inOracle)("$name", ({ name, statement, text }) => {
  test("has a place for each of its values, in order, and values that Oracle takes", () => {
    const places = [...text.matchAll(/:(\d+)/g)].map(([, number]) => Number(number));
    expect(places).toEqual(statement.values.map((_, index) => index + 1));
    expect(toBinds(statement.values)).toHaveLength(places.length);
  });

  test("opens and closes its parentheses", () => {
    let depth = 0;
    for (const char of text) {
      depth += char === "(" ? 1 : char === ")" ? -1 : 0;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
  });

  test("says nothing that only PostgreSQL understands", () => {
    expect(text).not.toMatch(
      /::|\b(?:recursive|bigint|double precision|limit \d|true|false|ilike|lateral|filter|array|at time zone|text)\b/,
    );
    // Before 23ai there is no select without from; and a semicolon ends no statement of a driver.
    expect([...text.matchAll(/\bselect\b/g)]).toHaveLength([...text.matchAll(/\bfrom\b/g)].length);
    expect(text).not.toContain(";");
  });

  test("gives no reserved word as a name", () => {
    // In casts, `as` is followed by a type.
    const aliases = text.replace(/cast\((?:[^()]|\([^()]*\))* as [a-z_]+(?:\(\d+\))?(?: with time zone)?\)/g, "x");
    const names = [
      ...[...aliases.matchAll(/\bas ([a-z_]+)/g)].map(([, alias]) => alias),
      ...[...text.matchAll(/\bfab\.[a-z_]+ ([a-z_]+)/g)].map(([, alias]) => alias).filter((word) => word !== "where"),
      ...[...text.matchAll(/\b([a-z_]+) (?:\([a-z_, ]+\) )?as \(/g)].map(([, table]) => table),
    ];
    expect(names.filter((word) => RESERVED.has(word ?? ""))).toEqual([]);
  });

  test("asks what PostgreSQL is asked, with the same values", () => {
    const [, theirs] = statements(DIALECTS.postgres).find(([other]) => other === name) ?? [];
    if (theirs === undefined) throw new Error(`${name} is not among the statements for PostgreSQL`);
    expect(statement.values).toEqual(theirs.values);
    const words = (text: string) => text.replaceAll(" ", "");
    const translated = textOf(theirs)
      .replace("with recursive ", "with ")
      .replaceAll("double precision", "binary_double")
      .replaceAll(
        "cast(reject.recorded_at at time zone 'UTC' as date)",
        "trunc(cast(sys_extract_utc(reject.recorded_at) as date))",
      );
    expect(words(text.replaceAll("cycle depth set has_come_back to 'y' default 'n'", ""))).toBe(words(translated));
  });
});
