/** Deno, from the bundle, as `deno serve`. */
import { join } from "node:path";
import type { Bundles } from "../../support/bundles.ts";
import { startServer } from "../../support/bundles.ts";
import { denoBinary } from "../../support/deno.ts";
import { freePort } from "../../support/processes.ts";
import type { Platform } from "../cell.ts";
import { restartable } from "./restartable.ts";

export function denoPlatform(bundles: Bundles): Platform {
  return {
    runtime: "deno",
    hearsClients: true,
    start: (env) =>
      restartable(async () => {
        const [port, cwd] = [await freePort(), bundles.of("deno").folder];
        const listen = ["--host", "127.0.0.1", "--port", String(port)];
        const may = ["--allow-net", "--allow-env", `--allow-read=${cwd}`, `--allow-write=${cwd}`];
        const unstable = ["--unstable-kv", "--unstable-cron", "--unstable-no-legacy-abort"];
        return startServer(
          [denoBinary() ?? "deno", "serve", ...listen, ...may, ...unstable, "--quiet", "--no-prompt", "index.js"],
          {
            cwd,
            env: { DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(cwd, ".deno"), ...env },
            url: `http://127.0.0.1:${port}/`,
          },
        );
      }),
  };
}
