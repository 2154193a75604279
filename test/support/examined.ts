/** What the doctor says of an environment, and what tests of that have in common. */
import type { Check } from "../../lib/cli/doctor/check.ts";
import { cli } from "./cli.ts";

/** `of` has what is said of a thing, in order; `bad` whatever is not fine. */
export async function examined(env: Record<string, string>, ...args: string[]) {
  const { code, json, out, err } = await cli(["doctor", "--json", ...args], env);
  const checks: readonly Check[] = json.checks;
  return {
    ...{ code, out: out + err, checks },
    of: (about: string) => checks.filter((check) => check.about === about),
    bad: () => checks.filter(({ verdict }) => verdict !== "ok"),
  };
}

/** Three connections for an instance. */
export const MODEST = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_SLOW_MAX_CONCURRENT: "1" };
