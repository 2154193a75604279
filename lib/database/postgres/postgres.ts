/**
 * PostgreSQL by postgres.js, on Node, Deno and Bun; on Workers it is `hyperdrive`, which is this with other connections.
 *
 * Map of this folder: `address` reads the URL, `database` has the lanes, `client` opens a connection (`session-settings`
 * is what that is told, `close-reason` finds out why a pooler closed it), `channel` is its wire: by `round-trips`, which a
 * `cancel` breaks off and whose rows have no `holes`; `connection` runs statements on it, `transaction` and `stream` hold
 * it for longer; `errors` says what went wrong; `types` gives the shared tables of `wire/` to the driver.
 */
import type { DatabaseAdapter } from "../port.ts";
import { parsePostgresUrl } from "./address.ts";
import { openPostgres, type PostgresOptions } from "./database.ts";

export type { PooledOptions } from "../pooled.ts";
export type { DatabaseAdapter } from "../port.ts";
export type { PostgresSsl } from "./client.ts";
export type { PostgresOptions } from "./database.ts";

/**
 * A PostgreSQL database. Connects to nothing until the first statement.
 *
 * @param url `postgres://user:password@host:port/database`, with `sslmode` and server settings as parameters.
 * @throws TypeError when the URL is missing, is none of PostgreSQL, or asks for what the driver cannot do.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(process.env.DATABASE_URL), store: memory() });
 * ```
 */
export function postgres(url: string | undefined, options: PostgresOptions = {}): DatabaseAdapter {
  const target = parsePostgresUrl(url);
  return {
    kind: "postgres",
    address: target.address,
    secrets: target.secrets,
    open: (settings, runtime) => openPostgres(target, options, settings, runtime),
  };
}
