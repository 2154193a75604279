/** How the gate's Lua becomes the script that Redis is sent. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { withPlaces } from "../../infra/generate/gate-names.ts";
import { assembled, gateScript } from "../../infra/generate/gate-script.ts";
import { noTotals } from "../../lib/gate/state.ts";
import { numbersIn, RECORDS } from "../../lib/store/lua/gate/records.ts";

const WHOLE = "-- The whole.\nlocal gate = {}\n  -- @often\nreturn function()\n  -- @rarely\nend\n";
const script = (files: Record<string, string>) =>
  assembled(new Map(Object.entries({ "script.lua": WHOLE, "b.lua": "-- @rarely\nrare()\n", ...files })));

test("the gate's script is what its Lua says: `npm run generate` brings it up to date", async () => {
  const module = new URL("../../lib/store/lua/gate/script.generated.ts", import.meta.url);
  expect(await readFile(module, "utf8")).toBe(await gateScript());
});

test("the gate's script has each stage at its mark, from all files, without comments and indentation", () => {
  const text = script({
    "a.lua":
      "-- What a is for.\n\n-- @often\n\n-- One.\nfunction gate.one()\n  return 1 -- kept\nend\n-- @rarely\ntwo()\n",
    "c.lua": "-- @often\nthree()\n",
  });
  expect(text.split("\n")).toEqual(
    "local gate = {}|function gate.one()|return 1 -- kept|end|three()|return function()|rare()|two()|end".split("|"),
  );
});

test.each([
  ["that stands under no mark", { "a.lua": "-- @often\none()\n", "c.lua": "two()\n" }, "c.lua: a mark"],
  ["of a stage that has no place", { "a.lua": "-- @often\none()\n-- @never\ntwo()\n" }, "script.lua: a place"],
  ["for a place that gets nothing", {}, 'script.lua: "-- @often" needs something'],
])("the gate's script is refused with Lua %s", (_, files, error) => {
  expect(() => script(files)).toThrow(`lib/store/lua/gate/${error}`);
});

test.each([
  ["second.calls = now", "second[2] = now"],
  ["session.n = other.n + 1", "session[2] = other[2] + 1"],
  ["core.schema", "core[1]"],
  ["session.permits[lane] = 0", "session[9 + lane] = 0"],
  ["session.probes[REQUEST] + session.probes[HEALTH]", "session[12 + 1] + session[12 + 3]"],
  ["renewal.lanes[lane] or NOTHING", "renewal[10][lane] or NOTHING"],
  ["math.max(now, gate.first)", "math.max(now, gate.first)"],
  ["if core.state == HALF_OPEN then", "if core[6] == 3 then"],
  ["now - at < RUN_AGE_MS", "now - at < 250"],
  ['call("ZADD", KEYS[1 + DUE], now)', 'call("ZADD", KEYS[1 + 1], now)'],
])("the gate's script has numbers for the names in %s", (source, numbered) => {
  expect(withPlaces(source, "a.lua")).toBe(numbered);
});

test.each([
  ["a place that no record has", "second.permits", "a place of a record was needed"],
  ["a variable that is not called after its record, and would read as nil", "if not known.n then", "a place"],
  ["what has no variable, and would read as nil", "others[at].permits", "a variable of its own was needed"],
  ["a lane that is not named", "session.permits", "a place of a record was needed"],
  ["a number that the machine does not know", "now - at < AGE_MS", "a constant of lib/gate was needed"],
])("the gate's script is refused with %s", (_, source, error) => {
  expect(() => withPlaces(source, "a.lua")).toThrow(`a.lua: ${error}`);
});

test("sums lie where releases before have stored them: what is new comes behind all of it", () => {
  const places = [...RECORDS.totals].map(([name, { at, size }]) => [name, at, size]);
  expect(places).toEqual([
    ["calls", 1, 9],
    ["refused", 10, 24],
    ["transitions", 34, 3],
    ["renewals", 37, 1],
    ["ranMs", 38, 3],
    ["waitedMs", 41, 3],
    ["causes", 44, 30],
    ["tallies", 74, 11],
  ]);
  expect(numbersIn(noTotals())).toHaveLength(84);
});
