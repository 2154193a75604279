/** Vercel, Netlify and Lambda: their handlers from the bundles, each in a process that speaks HTTP for them. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bundles } from "../../support/bundles.ts";
import { startServer } from "../../support/bundles.ts";
import { freePort } from "../../support/processes.ts";
import type { Platform } from "../cell.ts";
import { restartable } from "./restartable.ts";

export type HandlerName = "vercel" | "netlify" | "lambda";

const FRONT = fileURLToPath(new URL("front.ts", import.meta.url));

export function handlerPlatform(runtime: HandlerName, bundles: Bundles): Platform {
  return {
    runtime,
    hearsClients: runtime !== "lambda",
    start: (env) =>
      restartable(async () => {
        const [port, cwd] = [await freePort(), bundles.of(runtime).folder];
        const url = `http://127.0.0.1:${port}/`;
        return startServer([process.execPath, FRONT, runtime, join(cwd, "index.js"), String(port)], { cwd, env, url });
      }),
  };
}
