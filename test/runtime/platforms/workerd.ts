/** Cloudflare's runtime, with the bindings of `wrangler.toml`: Durable Object, KV, Hyperdrive, a limit, a cron trigger. */
import { join } from "node:path";
import type { Bundles } from "../../support/bundles.ts";
import { startWorkerd } from "../../support/workerd.ts";
import type { Platform } from "../cell.ts";
import { REQUESTS_PER_MINUTE } from "../settings.ts";

export function workerdPlatform(bundles: Bundles): Platform {
  return {
    runtime: "workerd",
    hearsClients: true,
    start: async ({ DATABASE_URL = "", ...variables }) => {
      const worker = await startWorkerd({
        entry: join(bundles.of("worker").folder, "index.js"),
        objects: { TIDEGATE: "TidegateObject" },
        namespaces: ["HEALTH"],
        hyperdrives: { HYPERDRIVE: DATABASE_URL },
        rateLimits: { RATE_LIMITER: REQUESTS_PER_MINUTE },
        variables,
      });
      return {
        url: worker.url,
        schedule: () => worker.schedule(),
        output: () => "",
        stop: () => worker.dispose(),
      };
    },
  };
}
