/** Upstash's REST, or a gateway that speaks it. */
import type { Config } from "../../config.ts";
import type { Runtime } from "../../runtime.ts";
import { ask } from "../../store/upstash/command.ts";
import { upstash } from "../../store/upstash/upstash.ts";
import { answerChecks, answered, unreachable } from "./answers.ts";
import type { Check } from "./check.ts";
import { infoOf, keepingChecks, placeChecks } from "./server-info.ts";
import { tryStore } from "./trial.ts";

export async function checkUpstash(url: string, token: string, config: Config, runtime: Runtime): Promise<Check[]> {
  const tell = (...command: string[]): Promise<unknown> => {
    const late = new AbortController();
    return answered(ask({ url, token }, command, late.signal, runtime), runtime, () => late.abort());
  };
  try {
    const time = async () => (await tell("TIME")) as readonly string[];
    const answers = await answerChecks("upstash", time, config, runtime);
    // What stands behind a gateway may not be asked, and is not ours to set.
    const info = infoOf(await tell("INFO").then(String, () => ""));
    const place = placeChecks(info, { isCluster: false, cluster: null });
    const remove = (keys: readonly string[]) => tell("DEL", ...keys);
    const isHome = place.every(({ verdict }) => verdict !== "fail");
    return [
      ...answers,
      ...place,
      ...keepingChecks(info),
      ...(isHome ? await tryStore(upstash(url, { token }), config, runtime, remove) : []),
    ];
  } catch (error) {
    return [unreachable(config.store.address, error)];
  }
}
