/** The small values and the append-only log of the port, in Redis. */
import { text } from "../../shape.ts";
import { type KvEntry, LOG_RECORDS_KEPT, type Store, type StoreLog } from "../port.ts";
import { fromText, toText } from "./gate/text.ts";
import type { Script, ScriptRunner } from "./script.ts";

const TIME = `
local moment = redis.call("TIME")
local now = moment[1] * 1000 + math.floor(moment[2] / 1000)`;

const GET: Script = {
  what: "get a value",
  text: `${TIME}
local entry = redis.call("HMGET", KEYS[1], "value", "setAt")
local setAt = tonumber(entry[2] or "")
if not entry[1] or not setAt then return {} end
return { entry[1], math.max(0, now - setAt) }`,
};

const SET: Script = {
  what: "set a value",
  text: `${TIME}
redis.call("DEL", KEYS[1])
if tonumber(ARGV[2]) <= 0 then return end
redis.call("HSET", KEYS[1], "value", ARGV[1], "setAt", now)
redis.call("PEXPIRE", KEYS[1], ARGV[2])`,
};

/**
 * A stream whose ids are the positions: its last id is the head, also of records that are gone. The very record that is
 * to be appended, found where it would be, was brought by the same request, which came twice.
 */
const APPEND: Script = {
  what: "append to a log",
  text: `
local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)
local head = last[1] and tonumber(string.match(last[1][1], "^%d+")) or 0
local position = tonumber(ARGV[1]) + 1
local id = string.format("%.0f-0", position)
if head >= position then
  local there = redis.call("XRANGE", KEYS[1], id, id)[1]
  if there and there[2][2] == ARGV[2] then return { 1, position } end
end
if head ~= position - 1 then return { 0, head } end
redis.call("XADD", KEYS[1], "MAXLEN", ${LOG_RECORDS_KEPT}, id, "record", ARGV[2])
return { 1, position }`,
};

const READ: Script = {
  what: "read a log",
  text: `return redis.call("XREVRANGE", KEYS[1], "(" .. ARGV[1] .. "-0", "-", "COUNT", ARGV[2])`,
};

export function openKv(runner: ScriptRunner): Store["kv"] {
  return {
    async get(key): Promise<KvEntry | null> {
      const [value, ageMs] = (await runner.run(GET, [`${key}:kv`], [])) as [string?, number?];
      if (value === undefined || ageMs === undefined) return null;
      const said = readText(value);
      return said === null ? null : { value: said, ageMs };
    },
    async set(key, value, ttlMs) {
      await runner.run(SET, [`${key}:kv`], [toText(value), String(Math.ceil(ttlMs))]);
    },
  };
}

export function openLog(runner: ScriptRunner): StoreLog {
  return {
    async append(name, record, expectedHead) {
      const values = [String(expectedHead), toText(record)];
      const [appended, head] = (await runner.run(APPEND, [`${name}:log`], values)) as [number, number];
      return { appended: appended === 1, head };
    },
    async read(name, before, limit) {
      if (before <= 1 || limit <= 0) return [];
      const found = await runner.run(
        READ,
        [`${name}:log`],
        [String(Math.min(before, Number.MAX_SAFE_INTEGER)), String(limit)],
      );
      return (found as [string, readonly unknown[]][]).map(([id, [, record]]) => ({
        position: Number(id.split("-")[0]),
        // What is no text stands there as one that is no record.
        record: readText(record) ?? "",
      }));
    },
  };
}

/** Null where that is no text of ours. */
function readText(found: unknown): string | null {
  return text(found) ? fromText(found) : null;
}
