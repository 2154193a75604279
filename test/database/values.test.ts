/** A case for each row of `docs/databases/values.md`: what becomes of the types of PostgreSQL, by a real server, and Oracle. */
import { readFileSync } from "node:fs";
import oracledb from "oracledb";
import { beforeAll, describe, expect, test } from "vitest";
import { fetchTypes } from "../../lib/database/oracle/types.ts";
import { type Statement, sql } from "../../lib/database/sql.ts";
import { execution } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { postgresScene, runtime } from "../support/postgres-scene.ts";

const PAGE = readFileSync(new URL("../../docs/databases/values.md", import.meta.url), "utf8");

/** What stands in the first column of a section's table, in the order of the page. */
function named(section: string): string[] {
  const table = PAGE.split(`## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  const firstCells = table.match(/^\| [^|]+/gm) ?? [];
  return firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
}

const POSTGRES: readonly (readonly [type: string, statement: Statement, value: unknown])[] = [
  ["int2", sql`select 7::int2 as v`, 7],
  ["int4", sql`select 7 as v`, 7],
  ["oid", sql`select 7::oid as v`, 7],
  ["int8", sql`select array[9007199254740991, 9007199254740993] as v`, [9007199254740991, "9007199254740993"]],
  ["float4", sql`select 0.5::float4 as v`, 0.5],
  ["float8", sql`select array[0.1, 'nan', '-infinity']::float8[] as v`, [0.1, Number.NaN, Number.NEGATIVE_INFINITY]],
  ["numeric", sql`select 1.50 as v`, "1.50"],
  ["money", sql`select 1.5::numeric::money as v`, "$1.50"],
  ["bool", sql`select true as v`, true],
  ["text", sql`select 'Zürich' as v`, "Zürich"],
  ["varchar", sql`select 'a'::varchar(3) as v`, "a"],
  ["char(n)", sql`select 'a'::char(3) as v`, "a  "],
  ["name", sql`select 'a'::name as v`, "a"],
  ["uuid", sql`select '6c6d7f2e-0000-4000-8000-000000000001'::uuid as v`, "6c6d7f2e-0000-4000-8000-000000000001"],
  ["xml", sql`select '<a/>'::xml as v`, "<a/>"],
  [
    "timestamptz",
    sql`select '2024-02-29 12:34:56.789123+05:30'::timestamptz as v`,
    new Date("2024-02-29T07:04:56.789Z"),
  ],
  ["timestamp", sql`select '2024-02-29 12:34:56'::timestamp as v`, new Date("2024-02-29T12:34:56Z")],
  ["date", sql`select '2024-02-29'::date as v`, new Date("2024-02-29T00:00:00Z")],
  ["infinity", sql`select array['infinity', '-infinity']::timestamptz[] as v`, ["infinity", "-infinity"]],
  ["0044-03-15 BC", sql`select '0044-03-15 BC'::date as v`, "0044-03-15 BC"],
  ["time", sql`select '12:34:56.5'::time as v`, "12:34:56.5"],
  ["timetz", sql`select '12:34:56+02'::timetz as v`, "12:34:56+02"],
  ["interval", sql`select '36 hours'::interval as v`, "36:00:00"],
  ["json", sql`select '{"a": [1.50]}'::json as v`, { a: [1.5] }],
  ["jsonb", sql`select 'null'::jsonb as v`, null],
  ["bytea", sql`select '\\x00ff'::bytea as v`, new Uint8Array([0, 255])],
  ["enum", sql`select 'on hold'::state as v`, "on hold"],
  ["inet", sql`select '10.0.0.1/8'::inet as v`, "10.0.0.1/8"],
  ["cidr", sql`select '10.0.0.0/8'::cidr as v`, "10.0.0.0/8"],
  ["macaddr", sql`select '08-00-2b-01-02-03'::macaddr as v`, "08:00:2b:01:02:03"],
  ["bit(n)", sql`select b'101' as v`, "101"],
  ["varbit", sql`select b'101'::varbit as v`, "101"],
  ["int4range", sql`select int4range(1, 5) as v`, "[1,5)"],
  ["tstzrange", sql`select tstzrange(null, 'infinity') as v`, "(,infinity)"],
  ["int4multirange", sql`select '{[1,3), [7,9)}'::int4multirange as v`, "{[1,3),[7,9)}"],
  ["point", sql`select '(1,2)'::point as v`, "(1,2)"],
  ["box", sql`select '(1,2),(3,4)'::box as v`, "(3,4),(1,2)"],
  ["polygon", sql`select '((0,0),(1,1))'::polygon as v`, "((0,0),(1,1))"],
  ["tsvector", sql`select 'a b'::tsvector as v`, "'a' 'b'"],
  ["record", sql`select row(1, 'a b') as v`, '(1,"a b")'],
  ["int4[]", sql`select '[0:2]={1,NULL,3}'::int4[] as v`, [1, null, 3]],
  [
    "int8[]",
    sql`select '{{1,2},{3,4}}'::int8[] as v`,
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["bool[]", sql`select '{t,f}'::bool[] as v`, [true, false]],
  ["text[]", sql`select array['a,b', 'c"d', 'NULL', ''] as v`, ["a,b", 'c"d', "NULL", ""]],
  ["timestamptz[]", sql`select array['2024-01-01 00:00+00'::timestamptz] as v`, [new Date("2024-01-01T00:00:00Z")]],
  ["jsonb[]", sql`select array['{"a": "x,y"}']::jsonb[] as v`, [{ a: "x,y" }]],
  ["bytea[]", sql`select array['\\x00ff']::bytea[] as v`, [new Uint8Array([0, 255])]],
  ["cidr[]", sql`select '{10.0.0.0/8,fe80::/64}'::cidr[] as v`, ["10.0.0.0/8", "fe80::/64"]],
  ["int4range[]", sql`select array[int4range(1, 5)] as v`, ["[1,5)"]],
  ["xml[]", sql`select array['<a b="c"/>'::xml] as v`, ['<a b="c"/>']],
  ["point[]", sql`select array['(1,2)'::point] as v`, ["(1,2)"]],
  ["enum[]", sql`select array['on hold', 'free']::state[] as v`, '{"on hold",free}'],
  ["domain[]", sql`select array[1, 2]::positive[] as v`, "{1,2}"],
  ["record[]", sql`select array[row(1, 'a')] as v`, '{"(1,a)"}'],
  ["box[]", sql`select '{(1,2),(3,4);(5,6),(7,8)}'::box[] as v`, "{(3,4),(1,2);(7,8),(5,6)}"],
  ["null", sql`select null::int as v`, null],
];

/** The column as the driver describes it, what the driver hands us of it, and what comes of that. */
const ORACLE: readonly (readonly [type: string, dbType: object, given: unknown, value: unknown, column?: object])[] = [
  ["NUMBER", oracledb.DB_TYPE_NUMBER, "9007199254740993", "9007199254740993"],
  ["NUMBER", oracledb.DB_TYPE_NUMBER, "7", 7],
  ["FLOAT", oracledb.DB_TYPE_NUMBER, ".5", 0.5, { precision: 126, scale: -127 }],
  ["BINARY_FLOAT", oracledb.DB_TYPE_BINARY_FLOAT, 0.5, 0.5],
  ["BINARY_DOUBLE", oracledb.DB_TYPE_BINARY_DOUBLE, 0.5, 0.5],
  ["VARCHAR2", oracledb.DB_TYPE_VARCHAR, "a", "a"],
  ["NVARCHAR2", oracledb.DB_TYPE_NVARCHAR, "a", "a"],
  ["CHAR", oracledb.DB_TYPE_CHAR, "a  ", "a  "],
  ["NCHAR", oracledb.DB_TYPE_NCHAR, "a  ", "a  "],
  ["ROWID", oracledb.DB_TYPE_ROWID, "AAAR", "AAAR"],
  ["CLOB", oracledb.DB_TYPE_CLOB, "a", "a"],
  ["NCLOB", oracledb.DB_TYPE_NCLOB, "a", "a"],
  ["LONG", oracledb.DB_TYPE_LONG, "a", "a"],
  ["BLOB", oracledb.DB_TYPE_BLOB, Buffer.from([1]), Buffer.from([1])],
  ["RAW", oracledb.DB_TYPE_RAW, Buffer.from([1]), Buffer.from([1])],
  ["LONG RAW", oracledb.DB_TYPE_LONG_RAW, Buffer.from([1]), Buffer.from([1])],
  ["DATE", oracledb.DB_TYPE_DATE, new Date(2024, 1, 29, 12), new Date("2024-02-29T12:00:00Z")],
  ["TIMESTAMP", oracledb.DB_TYPE_TIMESTAMP, new Date(1900, 0, 1), new Date("1900-01-01T00:00:00Z")],
  ["TIMESTAMP WITH TIME ZONE", oracledb.DB_TYPE_TIMESTAMP_TZ, new Date(0), new Date(0)],
  ["TIMESTAMP WITH LOCAL TIME ZONE", oracledb.DB_TYPE_TIMESTAMP_LTZ, new Date(0), new Date(0)],
  ["BOOLEAN", oracledb.DB_TYPE_BOOLEAN, true, true],
  ["JSON", oracledb.DB_TYPE_JSON, { a: 1 }, { a: 1 }],
  ["INTERVAL DAY TO SECOND", oracledb.DB_TYPE_INTERVAL_DS, "as it is", "as it is"],
];

describe("the page of values", () => {
  test.each([
    ["PostgreSQL", POSTGRES],
    ["Oracle", ORACLE],
  ] as const)("each row of %s has a case here, and each case a row", (section, cases) => {
    expect([...new Set(cases.map(([type]) => type))].sort()).toEqual(named(section).sort());
  });

  test.each(ORACLE)("Oracle's %s", (_type, dbType, given, value, column = {}) => {
    const { converter } = fetchTypes({ name: "V", dbType, ...(column as object) } as never) ?? {};
    expect(converter === undefined ? given : (converter as (given: unknown) => unknown)(given)).toEqual(value);
  });

  test.each([
    ["CLOB", oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_VARCHAR],
    ["NCLOB", oracledb.DB_TYPE_NCLOB, oracledb.DB_TYPE_NVARCHAR],
    ["BLOB", oracledb.DB_TYPE_BLOB, oracledb.DB_TYPE_RAW],
    ["NUMBER", oracledb.DB_TYPE_NUMBER, oracledb.DB_TYPE_VARCHAR],
  ])("Oracle's %s is fetched as what is no handle and loses no digits", (_type, dbType, fetched) => {
    expect(fetchTypes({ name: "V", dbType } as never)?.type).toBe(fetched);
  });
});

describe.skipIf(postgresUnavailable() !== undefined)(`values: ${postgresUnavailable() ?? "PostgreSQL found"}`, () => {
  const { server, database } = postgresScene({});
  async function read(statement: Statement, settings = ""): Promise<unknown> {
    const db = database({}, {}, `${server().url}${settings}`);
    return (await db.query<{ v: unknown }>(statement, execution(runtime)))[0]?.v;
  }

  beforeAll(() =>
    server().query("create type state as enum ('free', 'on hold'); create domain positive as int check (value > 0)"),
  );

  test.each(POSTGRES)("PostgreSQL's %s", async (_type, statement, value) => {
    expect(await read(statement)).toEqual(value);
  });

  test.each([
    ["Europe/Paris", "1900-01-01 00:00:00", "1899-12-31T23:50:39Z"],
    ["America/New_York", "1880-01-01 00:00:00.5", "1880-01-01T04:56:02.500Z"],
    ["Africa/Monrovia", "1950-06-01 12:00:00", "1950-06-01T12:44:30Z"],
    ["Asia/Kathmandu", "2024-01-01 00:00:00", "2023-12-31T18:15:00Z"],
    ["America/St_Johns", "1930-01-01 00:00:00", "1930-01-01T03:30:52Z"],
  ])("a moment of %s is right to the second, whatever zones were then", async (zone, local, moment) => {
    const settings = `?TimeZone=${zone}`;
    expect(await read(sql`select ${local}::timestamptz as v`, settings)).toEqual(new Date(moment));
    expect(await read(sql`select array[${local}::timestamptz] as v`, settings)).toEqual([new Date(moment)]);
    const ms = sql`select (extract(epoch from ${local}::timestamptz) * 1000)::float8 as v`;
    expect(await read(ms, settings)).toBe(Date.parse(moment));
  });

  test.each([
    "-4712-01-01T00:00:00.000Z",
    "-000001-12-31T23:59:59.999Z",
    "0000-02-29T12:00:00.000Z",
    "0001-01-01T00:00:00.001Z",
    "0099-01-01T00:00:00.000Z",
    "2024-02-29T12:34:56.789Z",
    "9999-12-31T23:59:59.999Z",
    "+010000-01-01T00:00:00.000Z",
    "+275760-09-13T00:00:00.000Z",
  ])("the moment %s arrives as itself, whatever its year", async (written) => {
    const date = new Date(written.replace(/^-(\d{4})-/, "-00$1-"));
    const ms = sql`select (extract(epoch from ${date}::timestamptz) * 1000)::float8 as v`;
    expect(await read(ms)).toBe(date.getTime());
    const inArray = sql`select (extract(epoch from (${[date]}::timestamptz[])[1]) * 1000)::float8 as v`;
    expect(await read(inArray)).toBe(date.getTime());
  });

  test("an array of any type of the server's own is an array, but of boxes", async () => {
    const types = await server().query(
      "select typname as name, format_type(oid, null) as type from pg_type where typnamespace = 'pg_catalog'::regnamespace " +
        "and typarray <> 0 and typtype in ('b', 'r', 'm') and typname !~ '^(int2|oid|gts)vector$|snapshot$|^(cid|aclitem)$' ",
    );
    const columns = types.map(({ name, type }) => `'{NULL}'::${type}[] as "${name}"`).join(", ");
    const statement = sql(Object.assign([`select ${columns}`], { raw: [`select ${columns}`] }));
    const [row = {}] = await database().query<Record<string, unknown>>(statement, execution(runtime));
    const texts = Object.entries(row).filter(([, value]) => !Array.isArray(value));
    expect(texts).toEqual([["box", "{NULL}"]]);
  });
});
