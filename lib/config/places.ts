/** Where database and store are: by the environment, or by code, which wins. */
import type { Database } from "../database/port.ts";
import { readPostgresUrl } from "../postgres-url/url.ts";
import type { StoreKind } from "../store/port.ts";
import type { DatabaseTarget, InCode, StoreTarget } from "./types.ts";
import type { Values } from "./variables.ts";

export const EMBEDDED: DatabaseTarget = { kind: "pglite", directory: null, address: "pglite: in memory" };

const NONE = { kind: "none", address: "none" } as const;

/** Where database and store are, whoever has said so. */
export interface Places {
  readonly database: DatabaseTarget | InCode<Database["kind"]>;
  readonly store: StoreTarget | InCode<StoreKind>;
}

interface SaidInCode {
  /** Null: there is none. */
  readonly database?: Pick<Database, "kind" | "address"> | null | undefined;
  readonly store?: { readonly kind: StoreKind; readonly address: string } | undefined;
}

export function placesOf(values: Values, { database, store }: SaidInCode): Places {
  return {
    database: database === undefined ? (values.DATABASE_URL ?? EMBEDDED) : inCode(database ?? NONE),
    store: store ? inCode(store) : storeTarget(values),
  };
}

const inCode = <Kind extends string>({ kind: adapter, address }: { readonly kind: Kind; readonly address: string }) =>
  ({ kind: "code", adapter, address }) as const;

/** Which driver, or which home of a store. */
export const adapterOf = (target: Places["database"] | Places["store"]): Database["kind"] | StoreKind =>
  target.kind === "code" ? target.adapter : target.kind;

/** What stands in front of the database. The URL may say so, as those written for Prisma do. */
export function poolerOf(database: Places["database"], said: Values["DB_POOLER"]): Values["DB_POOLER"] {
  const read = database.kind === "postgres" ? readPostgresUrl(database.url) : null;
  return read !== null && !("needed" in read) && read.isPooled ? "transaction" : said;
}

/**
 * Why statements have no comments, whatever was set; null where they may have. With another comment each would be another
 * one to prepare: at the server, or in the driver's cache.
 */
export function whyUncommented(database: Places["database"], said: Values["DB_POOLER"]): string | null {
  const adapter = adapterOf(database);
  if (adapter === "none") return "statements of guarded pools are sent as they are";
  const isPrepared = adapter === "oracle" || (adapter === "postgres" && poolerOf(database, said) === "none");
  return isPrepared ? "statements are prepared by their text, and each would be another one" : null;
}

function storeTarget(values: Values): StoreTarget {
  const location = values.STATE_URL;
  return location.kind === "upstash" ? { ...location, token: values.STATE_TOKEN ?? "" } : location;
}
