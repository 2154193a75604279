/**
 * Cloudflare's runtime, with the bindings of `wrangler.toml`: Durable Object, KV, Hyperdrive, a limit, a cron trigger.
 * Where the state is in memory alone, kept answers have a namespace of their own; elsewhere they are in the store.
 */
import { join } from "node:path";
import type { Bundles } from "../../support/bundles.ts";
import { startWorkerd } from "../../support/workerd.ts";
import type { Platform } from "../cell.ts";
import { REQUESTS_PER_MINUTE } from "../settings.ts";

export function workerdPlatform(bundles: Bundles): Platform {
  return {
    runtime: "workerd",
    // It tells a worker only once its answer is being sent; what waits before that ends at its deadline.
    hearsClients: false,
    start: async ({ DATABASE_URL = "", ...variables }) => {
      const worker = await startWorkerd({
        entry: join(bundles.of("worker").folder, "index.js"),
        objects: { TIDEGATE: "TidegateObject" },
        namespaces: variables.STATE_URL === "memory:" ? ["HEALTH", "KEPT"] : ["HEALTH"],
        hyperdrives: { HYPERDRIVE: DATABASE_URL },
        rateLimits: { RATE_LIMITER: REQUESTS_PER_MINUTE },
        variables,
      });
      return {
        get url() {
          return worker.url;
        },
        schedule: () => worker.schedule(),
        output: () => "",
        restart: () => worker.restart(),
        stop: () => worker.dispose(),
      };
    },
  };
}
