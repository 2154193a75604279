/** Every query parameter that the demo describes, with what nobody sane sends: refused or answered, and never a fault. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPENAPI } from "../../functions/openapi.generated.ts";
import { embeddedPlant, PLANT_TOKEN, type Plant } from "../support/plant.ts";

interface Described {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly { readonly name: string }[] } }>
  >;
}

/** One row for each parameter. */
const PARAMETERS = Object.entries((JSON.parse(OPENAPI) as Described).paths).flatMap(([path, { get }]) =>
  (get?.parameters ?? []).map(({ name }) => [path, name] as const),
);
/** What an endpoint needs before it looks at anything else. */
const NEEDED: Readonly<Record<string, string>> = {
  "/api/trace/lineage": "lot=L0000001",
  "/api/trace/events": "lots=L0000001,L0000002",
};

const DATES = [
  ...["9999-12-31", "0000-01-01", "0001-01-01", "1899-12-31", "1900-01-01", "2999-12-31", "3000-01-01"],
  ...["2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "+010000-01-01", "-000001-01-01", "-271821-04-20"],
  ...["275760-09-13", "2026-05-31T24:00:00Z", "2026-05-31T23:59:60Z", "2026-05-31T00:00:00+24:00", "2026-W01", "0"],
  ...["9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "infinity", "-infinity", "now", "epoch", "NaN", "today"],
];
const CURSORS = DATES.flatMap((at) => [
  `${at}~1`,
  `${at}T00:00:00.000Z~1`,
  `${at}T00:00:00.000Z~${"9".repeat(18)}`,
]).map(btoa);
const NUMBERS = ["-1", "0", "-0", "1e309", "1.5", "0x1F", "9007199254740993", "9".repeat(400), "NaN", "Infinity", "１"];
const TEXTS = [
  ...[
    "",
    " ",
    ",",
    ",,,",
    "a,",
    "%",
    "\0",
    "L1\0",
    "\n",
    "\u2028",
    "é",
    "🏭",
    "' or 1=1 --",
    "$1",
    "__proto__",
    "constructor",
  ],
  ...["[]", "{}", "null", "undefined", "true,false", "L1", "x".repeat(5_000), Array(2_000).fill("L1").join(",")],
];
const HOSTILE = [...DATES, ...CURSORS, ...NUMBERS, ...TEXTS].map(encodeURIComponent);
/** No text at all in the encoding of URLs. */
const RAW = ["%", "%zz", "%FF", "%ED%A0%80", "%C0%80", "+", "%2B", "%252C", "a%2Cb"];

let plant: Plant;
beforeAll(async () => {
  plant = await embeddedPlant(20);
});
afterAll(() => plant?.close());

async function held(path: string, query: string): Promise<void> {
  const address = `${path}?${[NEEDED[path], query].filter(Boolean).join("&")}`;
  const { status, headers } = await plant.get(address, { Authorization: `Bearer ${PLANT_TOKEN}` });
  const type = headers.get("content-type") ?? "";
  const isFine = status === 200 || (status < 500 && type.startsWith("application/problem+json"));
  expect([address.slice(0, 300), status, isFine]).toEqual([address.slice(0, 300), status, true]);
}

test("every endpoint with parameters is among them", () => {
  const paths = new Set(PARAMETERS.map(([path]) => path));
  expect([...paths].sort()).toEqual([
    "/admin/api/audit",
    "/api/reports/hold-history",
    "/api/reports/reject-history",
    "/api/reports/wip-summary",
    "/api/trace/events",
    "/api/trace/lineage",
  ]);
});

describe.each(PARAMETERS)("%s?%s=", (path, name) => {
  test("withstands what is known to hurt", async () => {
    for (const value of [...HOSTILE, ...RAW]) await held(path, `${name}=${value}`);
    for (const value of ["L1", "2026-05-01", "9999-12-31"]) await held(path, `${name}=${value}&${name}=${value}`);
  }, 60_000);

  test("withstands what chance thinks of", async () => {
    const word = fc.oneof(fc.string({ unit: "binary-ascii" }), fc.string(), fc.integer().map(String));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 3 }), (values) =>
        held(path, values.map((value) => `${name}=${encodeURIComponent(value)}`).join("&")),
      ),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe.each(["/api/reports/reject-history", "/api/reports/hold-history", "/api/trace/events"])("%s", (path) => {
  const ends = DATES.filter((_, at) => at % 3 === 0);
  test("withstands every pair of ends of a range", async () => {
    for (const from of ends) {
      for (const to of ends) await held(path, `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`);
    }
  }, 120_000);
});

test("a list says the same in either form, and both at once", async () => {
  const rows = (query: string) => plant.data(`/api/reports/wip-summary?${query}`);
  const commas = await rows("group_by=product,state&state=queued,on_hold");
  expect(await rows("group_by=product&group_by=state&state=queued&state=on_hold")).toEqual(commas);
  expect(await rows("group_by=product&group_by=state,product&state=on_hold,queued")).toEqual(commas);
});
