/** The entry for Deno: `deno serve functions/deno.ts`, or the bundle of it, and Deno Deploy. */
import { denoKv } from "tidegate/stores/deno-kv";
import { startInstance } from "./instance.ts";
import { EMBEDDED_DATABASE } from "./platforms/embedded.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

interface Platform {
  /** Only where the flag `--unstable-cron` is, or on Deno Deploy. */
  cron?(name: string, schedule: string, task: () => Promise<unknown>): unknown;
}
const { Deno } = globalThis as unknown as { readonly Deno: Platform };

const { app, tide, watch } = await startInstance({
  platform: "Deno",
  databases: { ...SERVER_DATABASES, ...EMBEDDED_DATABASE },
  stores: { ...SERVER_STORES, "deno-kv": ({ path }) => denoKv(path ?? undefined) },
});

if (tide?.config.watchdog.enabled) {
  if (Deno.cron) Deno.cron("tidegate watchdog", "* * * * *", watch);
  else setInterval(watch, tide.config.watchdog.checkIntervalMs);
}

export default { fetch: app.fetch };
