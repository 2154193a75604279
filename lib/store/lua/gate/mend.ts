/**
 * A gate whose entries cannot be read any more begins another life, as one that has lost them all: its instances bring
 * what they hold and know. Looked at where the gate's own script has failed, since that costs as much as the gate is
 * large; it writes at its end alone, so that what failed has changed nothing.
 */
import { SCHEMA } from "../../../gate/state.ts";
import { moment } from "../../../shape.ts";
import type { Script, ScriptRunner } from "../script.ts";
import { RECORDS, type RecordName } from "./records.ts";
import { gateKeys } from "./wire.ts";

const placesOf = (record: RecordName): number => [...RECORDS[record].values()].reduce((sum, { size }) => sum + size, 0);

/** As the first release had them: what came later is added when it is read. */
const TOTALS_AT_LEAST = (RECORDS.totals.get("causes")?.at ?? 1) - 1;

/**
 * Removes all of it and answers 1 where an entry is none: of the wrong type, shorter than it has to be, or with numbers
 * that none is. A newer release's is left alone.
 */
const MEND: Script = {
  what: "look at a gate that cannot be read",
  text: `
local function sound(value, depth)
  local kind = type(value)
  if kind == "number" then return value == value and value >= 0 and (value < 1e14 or value == ${Number.MAX_SAFE_INTEGER}) end
  if kind ~= "table" then return true end
  if depth > 4 then return false end
  for _, part in pairs(value) do if not sound(part, depth + 1) then return false end end
  return true
end
local PLACES = { core = ${placesOf("core") - 1}, totals = ${TOTALS_AT_LEAST}, history = 0, opIds = 0,
  s = ${placesOf("session") - 2}, w = ${placesOf("second")}, a = ${placesOf("about")} }
local function typed(row, ...)
  if type(row) ~= "table" then return false end
  for at, kind in ipairs({ ... }) do if type(row[at]) ~= kind then return false end end
  return true
end
local function each(list, fits)
  for at = 1, #list do if not fits(list[at]) then return false end end
  return true
end
local function wellTyped(field, value)
  local first = string.sub(field, 1, 1)
  if field == "history" then return each(value, function(event) return typed(event, "string", "number") end) end
  if field == "opIds" then return each(value, function(one) return type(one) == "string" end) end
  if field == "core" then
    local override = value[${RECORDS.core.get("override")?.at}]
    if override and not typed(override, "string", "number", "string", "string") then return false end
    return each(value, function(part) return type(part) ~= "string" end)
  end
  if first == "a" then return typed(value, "string", "string", "string", "number") end
  return each(value, function(part) return type(part) == "number" or type(part) == "boolean" end)
end
local function whole(field, text)
  local ok, value = pcall(cmsgpack.unpack, text)
  if not ok or type(value) ~= "table" then return false end
  if field == "core" and type(value[1]) == "number" and value[1] > ${SCHEMA} and value[1] < 1e6 then return nil end
  local places = PLACES[field] or PLACES[string.sub(field, 1, 1)] or 0
  for at = 1, places do
    if value[at] == nil then return false end
  end
  return wellTyped(field, value) and sound(value, 1)
end
local function damaged()
  local kind = redis.call("TYPE", KEYS[1]).ok
  if kind == "none" then return false end
  if kind ~= "hash" then return true end
  for at = 2, #KEYS do
    kind = redis.call("TYPE", KEYS[at]).ok
    if kind ~= "zset" and kind ~= "none" then return true end
  end
  local all, found = redis.call("HGETALL", KEYS[1]), false
  for at = 1, #all, 2 do
    local answer = whole(all[at], all[at + 1])
    if answer == nil then return false end
    found = found or not answer
  end
  return found or redis.call("HEXISTS", KEYS[1], "core") == 0 or redis.call("HEXISTS", KEYS[1], "totals") == 0
end
if not damaged() then return 0 end
redis.call("DEL", unpack(KEYS))
return 1`,
};

/** Lua that met what it did not count on, and a key that is of another kind. */
const MET_DAMAGE = /attempt to |bad argument|cmsgpack|[Mm]issing bytes|[Bb]ad data|WRONGTYPE|invalid order function/;

/** Runs what renews; where that meets damage, once more after the gate was given up. */
export async function mending<Answer>(
  runner: ScriptRunner,
  key: string,
  renew: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await renew();
  } catch (error) {
    // An answer of another form than this release knows is one of entries that are of another form.
    if (!(error instanceof TypeError) && !MET_DAMAGE.test(error instanceof Error ? error.message : "")) throw error;
    const mended = await runner.run(MEND, gateKeys(key), []).catch(() => 0);
    if (mended !== 1) throw error;
    return renew();
  }
}

/** @throws TypeError where an answer has what no gate has: then its entries are damaged. */
export function checkAnswer(answer: unknown): void {
  if (typeof answer === "number" && !moment(answer)) throw new TypeError(`gate script: a number was ${answer}`);
  if (typeof answer === "object" && answer !== null) for (const part of Object.values(answer)) checkAnswer(part);
}
