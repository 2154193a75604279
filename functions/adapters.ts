/** Which adapters the environment means. The one place of the demo that names them. */
import type { Config } from "tidegate/config";
import { demoStatements } from "../infra/seed-statements.ts";

type Adapters = Pick<Parameters<typeof import("tidegate").tidegate>[0], "database" | "store">;

/** Loads only the drivers that are needed. @throws Error naming the variable whose adapter does not exist. */
export async function adaptersOf(config: Config): Promise<Adapters> {
  return { database: await databaseOf(config), store: await storeOf(config) };
}

async function databaseOf({ database }: Config): Promise<Adapters["database"]> {
  switch (database.kind) {
    case "postgres":
      return (await import("tidegate/databases/postgres")).postgres(database.url);
    case "pglite": {
      const { pglite } = await import("tidegate/databases/pglite");
      return pglite(`pglite:${database.directory ?? ""}`, { initialise: demoStatements() });
    }
    case "oracle":
      return (await import("tidegate/databases/oracle")).oracle(database.url);
  }
}

/** Where the fleet's state is. */
export async function storeOf({ store }: Config): Promise<Adapters["store"]> {
  switch (store.kind) {
    case "memory":
      return (await import("tidegate/stores/memory")).memory();
    case "redis":
      return (await import("tidegate/stores/redis")).redis(store.url);
    case "upstash":
      return (await import("tidegate/stores/upstash")).upstash(store.url, { token: store.token });
    default:
      throw new Error(`STATE_URL: on Node there is memory:, redis:// and upstash:, not ${store.kind}:`);
  }
}
