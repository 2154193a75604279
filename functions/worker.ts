/** The entry for Cloudflare Workers, with the class of its Durable Objects; the bindings are in `wrangler.toml`. */
import { waitUntil } from "cloudflare:workers";
import type { TidegateOptions } from "tidegate";
import { type HyperdriveBinding, hyperdrive } from "tidegate/databases/hyperdrive";
import { cloudflareKv, type KvNamespace } from "tidegate/keeps/cloudflare-kv";
import { durableObject, type ObjectNamespace } from "tidegate/stores/durable-object";
import { type Instance, startInstance } from "./instance.ts";
import { CLOUDFLARE_HOOKS } from "./platforms/cloudflare-hooks.ts";
import { EVERYWHERE } from "./platforms/everywhere.ts";

export { TidegateObject } from "tidegate/stores/durable-object";

interface Bindings extends Readonly<Record<string, unknown>> {
  readonly HYPERDRIVE?: HyperdriveBinding;
  readonly TIDEGATE: ObjectNamespace;
  readonly HEALTH?: TidegateOptions["healthKeep"];
  readonly KEPT?: KvNamespace;
}

let instance: Instance | undefined;

/** Made with the first request, which alone brings the bindings, for all that follow. */
async function instanceOn(bindings: Bindings): Promise<Instance> {
  if (instance) return instance;
  const { HYPERDRIVE, TIDEGATE, HEALTH, KEPT } = bindings;
  const DATABASE_URL = HYPERDRIVE?.connectionString ?? bindings.DATABASE_URL;
  const started = await startInstance(
    {
      platform: "Cloudflare Workers",
      databases: { postgres: ({ url }) => hyperdrive(HYPERDRIVE ?? { connectionString: url }, { waitUntil }) },
      stores: { ...EVERYWHERE, "durable-object": () => durableObject(TIDEGATE) },
      hooks: CLOUDFLARE_HOOKS,
    },
    {
      environment: { ...bindings, DATABASE_URL },
      healthKeep: HEALTH,
      // Else they are in the Durable Object, one for all of the world.
      keepHome: KEPT && cloudflareKv(KEPT),
      waitUntil,
    },
  );
  // Another request may have been faster.
  instance ??= started;
  return instance;
}

export default {
  fetch: async (request: Request, bindings: Bindings) => (await instanceOn(bindings)).app.fetch(request, bindings),
  scheduled: async (_event: unknown, bindings: Bindings) => (await instanceOn(bindings)).watch(),
};
