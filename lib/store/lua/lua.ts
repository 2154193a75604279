/**
 * What every home that runs Lua shares: Redis over TCP and Upstash over REST differ in how a script gets there.
 *
 * Map of this folder: `gate/` is the gate machine in Lua and its wire format, `states` keeps every other machine's
 * state, `values` are the small values and the log, `limiter` counts clients, `script` is what a server is asked to do;
 * `lua` (this file) puts them together.
 */
import { gateMachine } from "../../gate/machine.ts";
import type { Renewal } from "../../gate/renewal.ts";
import type { Step } from "../../gate/step.ts";
import { validate } from "../../gate/validate.ts";
import type { Runtime } from "../../runtime.ts";
import { compareAndSet } from "../compare-and-set.ts";
import type { Machine, Store } from "../port.ts";
import { decodeStep } from "./gate/answer.ts";
import { checkAnswer, mending } from "./gate/mend.ts";
import { GATE_SCRIPT } from "./gate/script.generated.ts";
import { encodeRenewal, gateKeys } from "./gate/wire.ts";
import { openLimiter } from "./limiter.ts";
import type { Script, ScriptRunner } from "./script.ts";
import { statePlace } from "./states.ts";
import { openKv, openLog } from "./values.ts";

const GATE: Script = { text: GATE_SCRIPT, what: "renew at a gate" };

type LuaStore = Pick<Store, "transact" | "kv" | "log"> & Required<Pick<Store, "openLimiter">>;

export function luaStore(runner: ScriptRunner, runtime: Runtime): LuaStore {
  const renew = async (key: string, renewal: Renewal): Promise<Step> => {
    // The store's clock is not known here; the script reads it where nobody can set it.
    validate(renewal, 0);
    return mending(runner, key, async () => {
      const answer = await runner.run(GATE, gateKeys(key), [encodeRenewal(renewal)]);
      checkAnswer(answer);
      return decodeStep(answer, renewal.n);
    });
  };
  return {
    transact<State, Message, Result>(
      machine: Machine<State, Message, Result>,
      key: string,
      message: Message,
    ): Promise<Result> {
      // By its name alone: the script is that machine, told in the server's language.
      if (machine.name === gateMachine.name) return renew(key, message as Renewal) as Promise<Result>;
      return compareAndSet(statePlace(runner, key, machine.name), runtime, machine, message);
    },
    kv: openKv(runner),
    log: openLog(runner),
    openLimiter: (prefix, rule, deadlineMs) => openLimiter(runner, runtime, prefix, rule, deadlineMs),
  };
}
