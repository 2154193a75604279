/** Reading a PostgreSQL URL: refusing what cannot work before anything connects, and keeping its secrets out of sight. */

export interface PostgresAddress {
  /** The URL for the driver. */
  readonly url: string;
  /** For people: hosts and database, no user, no password, no parameters. */
  readonly address: string;
  /** The password, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

const SHAPE = /^(postgres(?:ql)?):\/\/(?:([^/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/**
 * @throws TypeError when it is missing, not a PostgreSQL URL, or names no host. Its text shows no secret.
 * @example
 * ```ts
 * parsePostgresUrl("postgres://app:secret@db.example:5432/orders").address; // "postgres://db.example:5432/orders"
 * ```
 */
export function parsePostgresUrl(url: string | undefined): PostgresAddress {
  if (url === undefined || url.trim() === "") throw refusal("nothing");
  const match = SHAPE.exec(url.trim());
  if (match === null) throw refusal(masked(url.trim()));
  const [, scheme = "", user = "", hosts = "", database = "", parameters = ""] = match;
  if (!decodes(user) || !decodes(hosts) || !decodes(database)) {
    throw refusal(`${scheme}://*** with a "%" that starts no percent code`);
  }
  const kept = new URLSearchParams(parameters);
  // The deadline of a permit is the only authority over this; from a URL it would win in postgres.js.
  kept.delete("statement_timeout");
  const query = kept.size > 0 ? `?${kept}` : "";
  const password = user.includes(":") ? user.slice(user.indexOf(":") + 1) : "";
  const credentials = user === "" ? "" : `${user}@`;
  return {
    url: `${scheme}://${credentials}${hosts}${database === "" ? "" : `/${database}`}${query}`,
    address: `postgres://${hosts}${database === "" ? "" : `/${database}`}`,
    secrets: [password, decodeURIComponent(password), kept.get("password") ?? ""].filter((secret) => secret !== ""),
  };
}

function refusal(found: string): TypeError {
  return new TypeError(
    "postgres: a URL like postgres://user:password@host:5432/database is needed, " +
      `it was ${found}; set DATABASE_URL, or use tidegate/databases/pglite for an embedded database`,
  );
}

/** Of a URL that was not understood, only the scheme is known to be no secret. */
function masked(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):/i.exec(url)?.[1];
  return scheme === undefined ? "*** (without a scheme)" : `${scheme}://***`;
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
