/** From a PostgreSQL URL to what postgres.js is told: refusing what cannot work before anything connects. */
import type postgres from "postgres";
import { type PostgresUrl, readPostgresUrl } from "../../postgres-url/url.ts";
import type { DatabaseSettings } from "../port.ts";
import { fileAt } from "./files.ts";

export interface PostgresAddress {
  /** Where, as whom, with which TLS, for one client: the driver reads no URL of its own, and keeps the lists it is given. */
  server(): postgres.Options<never>;
  /** What the server is told as a connection begins, such as `search_path`. */
  readonly settings: Readonly<Record<string, string>>;
  /** For people: hosts and database, no user, no password, no parameters. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
  /** The URL says that a pooler in transaction mode stands in between. */
  readonly isPooled: boolean;
}

/**
 * @throws TypeError when it is missing, not a PostgreSQL URL, names no host, or asks for what the driver cannot do. Its
 * text shows no secret.
 * @example
 * ```ts
 * parsePostgresUrl("postgres://app:secret@db.example:5432/orders").address; // "postgres://db.example:5432/orders"
 * ```
 */
export function parsePostgresUrl(url: string | undefined): PostgresAddress {
  const text = url?.trim() ?? "";
  if (text === "") throw notOne("nothing");
  const read = readPostgresUrl(text);
  if ("needed" in read) {
    if (read.needed === null) throw notOne(read.found);
    throw new TypeError(`postgres: what is needed is ${read.needed} (DATABASE_URL)`);
  }
  const { settings, address, secrets, isPooled } = read;
  const ssl = read.socket === null ? sslOf(read) : false;
  return { server: () => serverOf(read, ssl), settings, address, secrets, isPooled };
}

/** As the environment has it, unless the URL knows of a pooler. */
export function settingsFor({ isPooled }: PostgresAddress, settings: DatabaseSettings): DatabaseSettings {
  return isPooled ? { ...settings, pooler: "transaction" } : settings;
}

function notOne(found: string): TypeError {
  return new TypeError(
    "postgres: a URL like postgres://user:password@host:5432/database is needed, special characters in user and " +
      `password percent-encoded, it was ${found}; set DATABASE_URL, or use tidegate/databases/pglite for an embedded database`,
  );
}

function serverOf(read: PostgresUrl, ssl: Ssl): postgres.Options<never> {
  const { places, socket, user, password, database, keepAlive, sessionAttributes } = read;
  return {
    host: places.map(({ host }) => host),
    port: places.map(({ port }) => port),
    ssl,
    ...(socket === null ? {} : { path: socket }),
    // What is left out is the driver's to find: `PGUSER`, `PGPASSWORD`, `PGDATABASE`.
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
    ...(database === null ? {} : { database }),
    ...(keepAlive === null ? {} : { keep_alive: keepAlive || null }),
    ...(sessionAttributes === null ? {} : { target_session_attrs: sessionAttributes }),
    ...(read.sslDirect ? { sslnegotiation: "direct" } : {}),
    // Lists of hosts and ports are missing in the driver's types.
  } as unknown as postgres.Options<never>;
}

type Ssl = boolean | "require" | "prefer" | "verify-full" | Readonly<Record<string, unknown>>;

/** As libpq has the modes: a certificate of one's own for the server is one to be checked against. */
function sslOf({ sslMode, tlsFiles, tlsOptions }: PostgresUrl): Ssl {
  const files = Object.entries(tlsFiles).map(([option, path]) => [option, fileAt(option, path)] as const);
  const isPlain = files.length === 0 && Object.keys(tlsOptions).length === 0;
  if (sslMode === "disable" || (sslMode === null && isPlain)) return false;
  if (isPlain && sslMode === "verify-full") return sslMode;
  if (isPlain && sslMode !== "verify-ca") return sslMode === "require" ? "require" : "prefer";
  const options = { ...tlsOptions, ...Object.fromEntries(files) };
  if (sslMode === "verify-full") return options;
  const isChecked = sslMode === "verify-ca" || "ca" in options;
  // A name is only checked by `verify-full`.
  return isChecked ? { ...options, checkServerIdentity: () => undefined } : { ...options, rejectUnauthorized: false };
}
