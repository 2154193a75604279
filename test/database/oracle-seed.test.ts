/** The seed for Oracle: the rows of the other seed, and statements that fit its tables. No server has run it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertStatement, loadOracle, type OracleSeat } from "../../infra/seed/oracle/load.ts";
import { type PlantRows, plantRows, TABLES, type Table } from "../../infra/seed/oracle/plant-rows.ts";
import { afterLoadStatements, oracleAfterLoadStatements, oracleSchemaStatements } from "../../infra/seed/statements.ts";
import { embeddedPlant, type Plant } from "../support/plant.ts";

const LOTS = 40;
const IN_ORACLE = {
  integer: "number(10)",
  bigint: "number(19)",
  "timestamp with time zone": "timestamp(3) with time zone",
} as const;

/** An Oracle that keeps what it is told, and says what it has. */
function seat(users = 1, tables: readonly string[] = [], lots = 0) {
  const told: string[] = [];
  const rows = new Map<string, number>();
  const oracle: OracleSeat = {
    query: async (text) => {
      told.push(text);
      if (/all_users/.test(text)) return [[users]];
      if (/all_tables/.test(text)) return tables.map((name) => [name]);
      const counted = /count\(\*\) from fab\.(\w+)/.exec(text)?.[1];
      return counted === undefined ? [] : [[rows.get(counted) ?? lots]];
    },
    insertMany: async (text, batch) => {
      const name = /into fab\.(\w+)/.exec(text)?.[1] ?? "";
      if (rows.get(name) === undefined) told.push(text);
      rows.set(name, (rows.get(name) ?? 0) + batch.length);
    },
    commit: async () => void told.push("commit"),
  };
  return { oracle, told, rows };
}

const OPTIONS = { lotCount: LOTS, reset: false, lotsPerTransaction: 15, onLots: () => {}, onStage: () => {} };

describe("the seed for Oracle", () => {
  let rows: PlantRows;
  let plant: Plant;
  beforeAll(async () => {
    [rows, plant] = await Promise.all([plantRows(), embeddedPlant(LOTS)]);
  });
  afterAll(async () => {
    await rows?.close();
    await plant?.close();
  });
  const everything = async (): Promise<Table[]> => [
    ...(await rows.reference()),
    ...(await rows.lots({ firstLot: 1, lastLot: LOTS, lotCount: LOTS })),
  ];

  test("has every table of the plant with its columns, in its order, in types of Oracle", async () => {
    const created = oracleSchemaStatements();
    expect(created).toHaveLength(TABLES.length);
    for (const table of await everything()) {
      const text = created.find((each) => each.startsWith(`create table fab.${table.name} (`)) ?? "";
      const columns = [
        ...text.matchAll(/^ {2}([a-z_]+) +((?:number|varchar2)\(\d+\)|timestamp\(3\) with time zone)/gm),
      ];
      expect(columns.map(([, name, type]) => `${name} ${type}`)).toEqual(
        table.columns.map(
          ({ name, type, maxLength }) =>
            `${name} ${type === "character varying" ? `varchar2(${maxLength})` : IN_ORACLE[type]}`,
        ),
      );
    }
  });

  test("has statements that Oracle takes one by one: no semicolon, no word of PostgreSQL alone", () => {
    const all = [...oracleSchemaStatements(), ...oracleAfterLoadStatements()];
    for (const text of all) {
      expect(text).toMatch(/^(create (table|index)|alter table) fab\./);
      expect(text).not.toMatch(/;|--|if not exists|\b(bigint|integer|varchar|boolean|text)\b|\) = \(/);
      expect(text.split("(").length).toBe(text.split(")").length);
      for (const [name = ""] of text.matchAll(/[a-z_]+/g)) expect(name.length).toBeLessThanOrEqual(30);
    }
  });

  test("builds every index and foreign key of the other schema", () => {
    const names = (text: string) => [
      ...text.matchAll(/(?:create index (?:if not exists |fab\.)|add constraint )(\w+)/g),
    ];
    const sorted = (texts: string[]) =>
      texts
        .flatMap(names)
        .map(([, name]) => name)
        .sort();
    expect(sorted(oracleAfterLoadStatements())).toEqual(sorted([afterLoadStatements()]));
  });

  test("copies the very rows of the other seed, however the lots are cut into ranges", async () => {
    const { oracle, rows: copied } = seat();
    const loaded = await loadOracle(oracle, rows, OPTIONS);
    for (const name of TABLES) {
      const [there] = await plant.rows<{ n: number }>(`select cast(count(*) as integer) as n from fab.${name}`);
      expect([name, copied.get(name)]).toEqual([name, there?.n]);
    }
    expect(loaded).toEqual({ lots: copied.get("lots"), events: copied.get("lot_events") });
    const [lots] = await rows.lots({ firstLot: 1, lastLot: LOTS, lotCount: LOTS });
    const theirs = await plant.rows<Record<string, unknown>>("select * from fab.lots order by lot_id");
    expect(lots?.rows).toEqual(theirs.map((row) => lots?.columns.map(({ name }) => row[name])));
  });

  test("creates, fills, commits each range, and then builds what is quicker at the end", async () => {
    const { oracle, told } = seat();
    await loadOracle(oracle, rows, OPTIONS);
    const kinds = told.map((text) => /^(?:create|alter) \w+|^\w+/.exec(text)?.[0]);
    expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual([
      ...["select", "create table", "insert", "commit", "create index", "alter table", "begin", "select"],
    ]);
    expect(told.filter((text) => text === "commit")).toHaveLength(3);
    expect(told.filter((text) => text.startsWith("insert"))).toHaveLength(TABLES.length);
  });

  test("has a place for each column of each insert", async () => {
    for (const table of await everything()) {
      const places = [...insertStatement(table).matchAll(/:(\d+)/g)].map(([, number]) => Number(number));
      expect(places).toEqual(table.columns.map((_, index) => index + 1));
      expect(new Set(table.rows.map((row) => row.length))).toEqual(new Set([table.columns.length]));
    }
  });

  test("is refused without the user, and over lots; --reset drops the plant's tables and no other", async () => {
    await expect(loadOracle(seat(0).oracle, rows, OPTIONS)).rejects.toThrow(/create user fab identified by/);
    const full = seat(1, ["lots", "yours"], 7);
    await expect(loadOracle(full.oracle, rows, OPTIONS)).rejects.toThrow(/already holds 7 lots. Nothing was changed/);
    expect(full.told.filter((text) => !text.startsWith("select"))).toEqual([]);
    const again = seat(1, ["lots", "yours"], 7);
    await loadOracle(again.oracle, rows, { ...OPTIONS, reset: true });
    expect(again.told.filter((text) => text.startsWith("drop"))).toEqual([
      "drop table fab.lots cascade constraints purge",
    ]);
  });
});
