/** Any machine but the gate's: its state as JSON, stepped here and written back where nobody else was faster. */
import type { Runtime } from "../../runtime.ts";
import type { Machine } from "../port.ts";
import { wakeChannel } from "./gate/wire.ts";
import type { Script, ScriptRunner } from "./script.ts";

const ATTEMPTS = 20;
const LONGEST_PAUSE_MS = 20;
/** Beyond every memory that a colder machine needs. */
const KEPT_MS = 90 * 86_400_000;

const LOAD: Script = {
  what: "load a state",
  text: `
local moment = redis.call("TIME")
local entry = redis.call("HMGET", KEYS[1], "mark", "state")
return { entry[1] or "", entry[2] or "", moment[1] * 1000 + math.floor(moment[2] / 1000) }`,
};

/**
 * A mark is never used twice, so that a state that came back after a loss is not taken for the one that was read, and
 * so that a write repeated on the way is known for the one that was made.
 */
const STORE: Script = {
  what: "store a state",
  text: `
local mark = redis.call("HGET", KEYS[1], "mark") or ""
if mark == ARGV[2] then return 1 end
if mark ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "mark", ARGV[2], "state", ARGV[3])
redis.call("PEXPIRE", KEYS[1], ${KEPT_MS})
for at = 4, #ARGV, 2 do redis.call("PUBLISH", ARGV[at], ARGV[at + 1]) end
return 1`,
};

/** @throws Error when others were faster twenty times in a row. */
export async function compareAndSet<State, Batch, Result>(
  runner: ScriptRunner,
  runtime: Runtime,
  machine: Machine<State, Batch, Result>,
  key: string,
  batch: Batch,
): Promise<Result> {
  const keys = [`${key}:${machine.name}`];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [mark, saved, now] = (await runner.run(LOAD, keys, [])) as [string, string, number];
    const state = saved === "" ? machine.empty() : (JSON.parse(saved) as State);
    const result = machine.step(state, batch, now);
    const calls = result.wake.flatMap(({ session, lane }) => [wakeChannel(key, session), lane]);
    const stored = await runner.run(STORE, keys, [mark, runtime.uuid(), JSON.stringify(state), ...calls]);
    if (stored === 1) return result;
    await new Promise<void>((resolve) => {
      runtime.setTimer(resolve, runtime.random() * LONGEST_PAUSE_MS);
    });
  }
  throw new Error(
    `store a state in ${keys[0]}: ${ATTEMPTS} attempts were not enough, others were faster; write less often`,
  );
}
