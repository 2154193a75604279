/** The restart hook, tried as far as that restarts nothing. */
import type { Config } from "../../config.ts";
import { type Check, ok, warn } from "./check.ts";
import { hookOf } from "./every-hook.ts";

const ABOUT = "restart hook";

/** @throws HookError where the dry run fails. */
export async function checkHook({ restart, listen }: Config, signal: AbortSignal): Promise<readonly Check[]> {
  const { target, hook } = restart;
  if (!target) {
    const name = hook ?? (listen.workers === null ? "soft" : "node");
    if (name === "node" && listen.workers === null)
      return [warn(ABOUT, "node, without a supervisor", "set WEB_CONCURRENCY where the application runs")];
    return [ok(ABOUT, name === "soft" ? "soft: nothing to ask" : "node: its supervisor is where the application runs")];
  }
  const { checked, unchecked } = await (await hookOf(target)).dryRun(signal);
  const found = `${target.kind}: ${checked}`;
  return [ok(ABOUT, unchecked === null ? found : `${found} Not known: ${unchecked}`)];
}
