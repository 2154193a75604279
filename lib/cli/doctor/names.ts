/** Under which names the environment was read, where others might have been meant. */
import type { Environment } from "../../config/environment.ts";
import { writtenFor } from "../../config/names.ts";
import { VARIABLE_LIST } from "../../config/variables.ts";
import { type Check, ok } from "./check.ts";

export function checkNames(env: Environment): readonly Check[] {
  const others = VARIABLE_LIST.flatMap(([name, variable]) => {
    const [winning] = writtenFor(env, name, variable);
    return winning === undefined || winning.name === name ? [] : [`${name} by ${winning.name}`];
  });
  return others.length === 0 ? [] : [ok("names", `read under another name: ${others.join(", ")}`)];
}
