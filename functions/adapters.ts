/** Which adapters the environment means, among those that a platform has. What it has is in `platforms/`. */
import type { DatabaseAdapter, StoreAdapter } from "tidegate";
import { type Config, ConfigError, type ConfigFault } from "tidegate/config";
import type { Hooks } from "./restart.ts";

export interface Adapters {
  readonly database: DatabaseAdapter;
  readonly store: StoreAdapter;
}

/** Makes the adapter of a target; by `import`, so that only the driver that is needed is loaded. */
type Makers<Target extends { readonly kind: string }, Adapter> = {
  readonly [Kind in Target["kind"]]?: (target: Extract<Target, { kind: Kind }>) => Adapter | Promise<Adapter>;
};

/** What a platform has. Hooks are chosen in `restart`. */
export interface Offer {
  /** For people, such as `Cloudflare Workers`. */
  readonly platform: string;
  readonly databases: Makers<Config["database"], Adapters["database"]>;
  readonly stores: Makers<Config["store"], Adapters["store"]>;
  readonly hooks: Hooks;
}

type Servers = Pick<Offer, "platform" | "databases" | "stores">;

/** @throws ConfigError naming each variable whose adapter this platform does not have. */
export function checkOffered({ database, store }: Pick<Config, "database" | "store">, offer: Servers): void {
  const faults = [
    ...missing("DATABASE_URL", database, offer.databases, offer.platform),
    ...missing("STATE_URL", store, offer.stores, offer.platform),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
}

/** @throws ConfigError as {@link checkOffered}. */
export async function adaptersOf(config: Config, offer: Servers): Promise<Adapters> {
  checkOffered(config, offer);
  return { database: await make(config.database, offer.databases), store: await storeOf(config, offer) };
}

/** Where the fleet's state is. @throws ConfigError as {@link checkOffered}. */
export async function storeOf(config: Config, offer: Servers): Promise<Adapters["store"]> {
  checkOffered(config, offer);
  return make(config.store, offer.stores);
}

interface Target {
  readonly kind: string;
  readonly address: string;
}

function missing(variable: string, { kind, address }: Target, makers: object, platform: string): ConfigFault[] {
  if (kind in makers) return [];
  const needed = `one of those that ${platform} has: ${Object.keys(makers).join(", ")}`;
  return [{ variable, needed, found: address }];
}

function make<T extends Target, Adapter>(target: T, makers: Makers<T, Adapter>): Adapter | Promise<Adapter> {
  const maker = makers[target.kind as T["kind"]] as ((target: T) => Adapter | Promise<Adapter>) | undefined;
  if (!maker) throw new TypeError(`adapters: one for ${target.kind} is needed, there is none`);
  return maker(target);
}
