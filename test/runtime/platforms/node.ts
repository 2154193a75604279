/** Node, from the bundle, as `node index.js`. */
import type { Bundles } from "../../support/bundles.ts";
import { startServer } from "../../support/bundles.ts";
import { freePort } from "../../support/processes.ts";
import type { Platform } from "../cell.ts";
import { restartable } from "./restartable.ts";

export function nodePlatform(bundles: Bundles): Platform {
  return {
    runtime: "node",
    hearsClients: true,
    start: (env) =>
      restartable(async () => {
        const [port, cwd] = [await freePort(), bundles.of("node").folder];
        const url = `http://127.0.0.1:${port}/`;
        return startServer([process.execPath, "index.js"], { cwd, env: { ...env, PORT: String(port) }, url });
      }),
  };
}
