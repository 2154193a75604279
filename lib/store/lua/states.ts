/** The states of every machine but the gate's, in Redis. */
import type { StatePlace } from "../compare-and-set.ts";
import { instanceOf, scopeOf } from "../port.ts";
import { pushChannels } from "./gate/wire.ts";
import type { Script, ScriptRunner } from "./script.ts";

/** Beyond every memory that a colder machine needs. */
const KEPT_MS = 90 * 86_400_000;

const LOAD: Script = {
  what: "load a state",
  text: `
local moment = redis.call("TIME")
local entry = redis.call("HMGET", KEYS[1], "mark", "state")
return { entry[1] or "", entry[2] or "", moment[1] * 1000 + math.floor(moment[2] / 1000) }`,
};

/** A mark is never used twice: a write that was repeated on the way is known for the one that was made. */
const STORE: Script = {
  what: "store a state",
  text: `
local mark = redis.call("HGET", KEYS[1], "mark") or ""
if mark == ARGV[2] then return 1 end
if mark ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "mark", ARGV[2], "state", ARGV[3])
redis.call("PEXPIRE", KEYS[1], ${KEPT_MS})
-- Who may not call anybody has stored it all the same.
for at = 4, #ARGV, 2 do redis.pcall("PUBLISH", ARGV[at], ARGV[at + 1]) end
return 1`,
};

export function statePlace(runner: ScriptRunner, key: string, machine: string): StatePlace {
  const keys = [`${key}:${machine}`];
  return {
    name: keys[0] ?? key,
    async load() {
      const [mark, saved, now] = (await runner.run(LOAD, keys, [])) as [string, string, number];
      return { mark, saved, now };
    },
    async store(mark, nextMark, saved, push) {
      const calls = push.flatMap(({ session, message }) => {
        const [own, all] = pushChannels(scopeOf(key), instanceOf(session ?? ""));
        return [session === null ? all : own, `${message} ${key}`];
      });
      return (await runner.run(STORE, keys, [mark, nextMark, saved, ...calls])) === 1;
    },
  };
}
