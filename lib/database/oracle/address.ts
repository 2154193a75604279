/** Reading an Oracle URL: refusing what cannot work before anything connects, and keeping its secrets out of sight. */

export interface OracleAddress {
  readonly user: string;
  readonly password: string;
  /** Easy Connect, for the driver: `host:1521/service`, with `tcps://` in front where the URL asks for it. */
  readonly connectString: string;
  /** For people: hosts and service, no user, no password, no parameters. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

const SHAPE = /^oracle:\/\/([^:@/?#\s]+):([^/?#\s]+)@([^/?#@\s]+)\/([^?#@\s]+)(?:\?([^#\s]*))?$/i;

/** The permit is the only authority over time: from a URL these would win in the driver. */
const OVERRULED = ["connect_timeout", "transport_connect_timeout", "retry_count", "retry_delay"];

/**
 * `?protocol=tcps` asks for TLS; every other parameter is handed to the driver as Easy Connect has it.
 *
 * @throws TypeError when it is missing, or lacks a user, a password, a host or a service. Its text shows no secret.
 * @example
 * ```ts
 * parseOracleUrl("oracle://app:secret@db.example:1521/orders").connectString; // "db.example:1521/orders"
 * ```
 */
export function parseOracleUrl(url: string | undefined): OracleAddress {
  if (url === undefined || url.trim() === "") throw refusal("nothing");
  const match = SHAPE.exec(url.trim());
  if (match === null) throw refusal(masked(url.trim()));
  const [, writtenUser = "", writtenPassword = "", hosts = "", service = "", query = ""] = match;
  const user = decoded(writtenUser);
  const password = decoded(writtenPassword);
  if (user === null || password === null) throw refusal('oracle://*** with a "%" that starts no percent code');

  const parameters = new URLSearchParams(query);
  for (const name of [...parameters.keys()]) if (OVERRULED.includes(name.toLowerCase())) parameters.delete(name);
  const protocol = parameters.get("protocol");
  parameters.delete("protocol");
  const kept = [...parameters].map(([name, value]) => `${name}=${value}`).join("&");
  return {
    user,
    password,
    connectString: `${protocol === null ? "" : `${protocol}://`}${hosts}/${service}${kept === "" ? "" : `?${kept}`}`,
    address: `oracle://${hosts}/${service}`,
    secrets: [writtenPassword, password, parameters.get("wallet_password") ?? ""].filter((secret) => secret !== ""),
  };
}

function refusal(found: string): TypeError {
  return new TypeError(
    "oracle: a URL like oracle://user:password@host:1521/service is needed, special characters in user and password " +
      `percent-encoded, it was ${found}; set DATABASE_URL, or use tidegate/databases/pglite for an embedded database`,
  );
}

/** Of a URL that was not understood, only the scheme is known to be no secret. */
function masked(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):/i.exec(url)?.[1];
  return scheme === undefined ? "*** (without a scheme)" : `${scheme}://***`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
