/** Reading an Oracle URL: refusing what cannot work before anything connects, and keeping its secrets out of sight. */
import { addressOf, decoded, partsOf, schemeOnly, secretsOf } from "../../connection-url.ts";

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
  const text = url?.trim() ?? "";
  if (text === "") throw refusal("nothing");
  const found = /\s/.test(text) ? null : partsOf(text);
  // Behind an unencoded "/" or "?" in a password the rest of the login looks like a path.
  const parts = found && !`${found.path}${found.query}`.includes("@") ? found : null;
  if (parts?.scheme !== "oracle" || !parts.user || !parts.password || parts.hosts === "" || parts.path.length < 2) {
    throw refusal(schemeOnly(text));
  }
  const [user, password] = [decoded(parts.user), decoded(parts.password)];
  if (user === null || password === null) throw refusal('oracle://*** with a "%" that starts no percent code');
  const path = decoded(parts.path);
  if (path === null) throw refusal('oracle://*** with a "%" in the service that starts no percent code');
  const place = `${parts.hosts}${path}`;

  const parameters = new URLSearchParams(parts.query);
  for (const name of [...parameters.keys()]) if (OVERRULED.includes(name.toLowerCase())) parameters.delete(name);
  const protocol = parameters.get("protocol");
  parameters.delete("protocol");
  const kept = [...parameters].map(([name, value]) => `${name}=${value}`).join("&");
  return {
    user,
    password,
    connectString: `${protocol === null ? "" : `${protocol}://`}${place}${kept === "" ? "" : `?${kept}`}`,
    address: addressOf(parts),
    secrets: secretsOf(parts),
  };
}

function refusal(found: string): TypeError {
  return new TypeError(
    "oracle: a URL like oracle://user:password@host:1521/service is needed, special characters in user and password " +
      `percent-encoded, it was ${found}; set DATABASE_URL, or use tidegate/databases/pglite for an embedded database`,
  );
}
