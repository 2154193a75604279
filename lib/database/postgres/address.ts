/** Reading a PostgreSQL URL: refusing what cannot work before anything connects, and keeping its secrets out of sight. */
import {
  addressOf,
  type ConnectionUrl,
  decoded,
  isDecodable,
  partsOf,
  schemeOnly,
  secretsOf,
} from "../../connection-url.ts";

export interface PostgresAddress {
  /** The URL for the driver. */
  readonly url: string;
  /** For people: hosts and database, no user, no password, no parameters. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

/**
 * @throws TypeError when it is missing, not a PostgreSQL URL, or names no host. Its text shows no secret.
 * @example
 * ```ts
 * parsePostgresUrl("postgres://app:secret@db.example:5432/orders").address; // "postgres://db.example:5432/orders"
 * ```
 */
export function parsePostgresUrl(url: string | undefined): PostgresAddress {
  const text = url?.trim() ?? "";
  if (text === "") throw refusal("nothing");
  const parts = partsOf(text);
  if (parts === null || !/^postgres(?:ql)?$/.test(parts.scheme) || parts.hosts === "") throw refusal(schemeOnly(text));
  if (!isDecodable(parts) || decoded(parts.hosts) === null || decoded(parts.path) === null) {
    throw refusal(`${parts.scheme}://*** with a "%" that starts no percent code`);
  }
  return { url: urlOf(parts), address: addressOf({ ...parts, scheme: "postgres" }), secrets: secretsOf(parts) };
}

function urlOf({ scheme, user, password, hosts, path, query }: ConnectionUrl): string {
  const kept = new URLSearchParams(query);
  // The deadline of a permit is the only authority over this; from a URL it would win in postgres.js.
  kept.delete("statement_timeout");
  const login = (user ?? "") + (password === null ? "" : `:${password}`);
  const place = addressOf({ scheme, hosts: login === "" ? hosts : `${login}@${hosts}`, path });
  return kept.size > 0 ? `${place}?${kept}` : place;
}

function refusal(found: string): TypeError {
  return new TypeError(
    "postgres: a URL like postgres://user:password@host:5432/database is needed, " +
      `it was ${found}; set DATABASE_URL, or use tidegate/databases/pglite for an embedded database`,
  );
}
