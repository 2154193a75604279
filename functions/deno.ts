/** The entry for Deno: `deno serve functions/deno.ts`, or the bundle of it, and Deno Deploy. */
import { denoKv } from "tidegate/stores/deno-kv";
import { startInstance } from "./instance.ts";
import { answering, keepLines, keepWatch } from "./platforms/deno.ts";
import { EMBEDDED_DATABASE } from "./platforms/embedded.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

const instance = await startInstance({
  platform: "Deno",
  databases: { ...SERVER_DATABASES, ...EMBEDDED_DATABASE },
  stores: { ...SERVER_STORES, "deno-kv": ({ path }) => denoKv(path ?? undefined) },
  hooks: ALL_HOOKS,
});
keepLines(instance);
keepWatch(instance);

export default { fetch: answering(instance) };
