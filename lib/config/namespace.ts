/**
 * The namespace of shared state where nobody has named one: two applications that know nothing of each other may have one
 * store and, with nothing set, one name; what their databases are called keeps their gates apart.
 */
import { readPostgresUrl } from "../postgres-url/url.ts";
import type { Config } from "./types.ts";

/** Ports that need not be written. */
const DEFAULT_PORTS = /:(?:5432|1521)(?=,|$)/g;

/** By Hyperdrive a database has no name that is known before a request: it goes by what the environment says. */
export const NAMELESS = "hyperdrive";

/** @param address of the database, for people; however it is written, one place has one mark. */
export function defaultNamespace({ name, env }: Config["app"], address: string): string {
  return `${name}-${env}-${markOf(placeOf(address))}`;
}

/** Where `DATABASE_URL` points, as its driver has it. */
export function addressOfTarget(database: Config["database"]): string {
  const read = database.kind === "postgres" ? readPostgresUrl(database.url) : null;
  return read === null || "needed" in read ? database.address : read.address;
}

/**
 * The same configuration for a database that code names, in the place of the environment's: with its own mark, unless
 * `STATE_NAMESPACE` has decided. One that is the environment's is given back as it is.
 */
export function placedAt(config: Config, address: string): Config {
  const { app, store, database } = config;
  if (address === NAMELESS || store.namespace !== defaultNamespace(app, addressOfTarget(database))) return config;
  const namespace = defaultNamespace(app, address);
  if (namespace === store.namespace) return config;
  return Object.freeze({ ...config, store: Object.freeze({ ...store, namespace }) });
}

/** Whether two addresses are two ways to write one. */
export const isSamePlace = (one: string, other: string): boolean => placeOf(one) === placeOf(other);

function placeOf(address: string): string {
  return address
    .replace(/^postgresql:/i, "postgres:")
    .replace(/^(\w+:\/\/[^/]*)/, (hosts) => hosts.toLowerCase().replace(DEFAULT_PORTS, ""))
    .replace(/^pglite: in memory$/, "pglite:");
}

/** Seven letters and digits, by FNV-1a of 32 bits. It keeps no secret, and tells a few databases apart. */
function markOf(place: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(place)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(36).padStart(7, "0");
}
