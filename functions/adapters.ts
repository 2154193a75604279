/** Which adapters the environment means, among those that a platform has. What it has is in `platforms/`. */
import type { TidegateOptions } from "tidegate";
import { type Config, ConfigError, type ConfigFault } from "tidegate/config";
import type { Hooks } from "./restart.ts";

export type Adapters = Pick<TidegateOptions, "database" | "store">;

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

/** @throws ConfigError naming each variable whose adapter this platform does not have. */
export async function adaptersOf({ database, store }: Config, offer: Omit<Offer, "hooks">): Promise<Adapters> {
  const faults = [
    ...missing("DATABASE_URL", database, offer.databases, offer.platform),
    ...missing("STATE_URL", store, offer.stores, offer.platform),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  return { database: await make(database, offer.databases), store: await make(store, offer.stores) };
}

/** Where the fleet's state is. @throws ConfigError as {@link adaptersOf}. */
export async function storeOf({ store }: Config, { stores, platform }: Offer): Promise<Adapters["store"]> {
  const faults = missing("STATE_URL", store, stores, platform);
  if (faults.length > 0) throw new ConfigError(faults);
  return make(store, stores);
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
