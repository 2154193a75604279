/**
 * Connection URLs, taken apart by hand: `URL` would read `postgres://u:p#ss@host` as the host `u` and print the rest,
 * and refuses lists of hosts. Here, what does not fit to the letter is no URL, so that nothing unmasked is shown.
 */

export interface ConnectionUrl {
  /** Lower case, without the colon. */
  readonly scheme: string;
  /** As written; null: none. */
  readonly user: string | null;
  /** As written, percent-encoded; null: none. */
  readonly password: string | null;
  /** `host`, `host:port`, or several with commas between. May be empty. */
  readonly hosts: string;
  /** With its leading slash, or empty. */
  readonly path: string;
  /** Without the question mark, or empty. */
  readonly query: string;
}

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#\s]*)@)?([^/?#@\s]*)(\/[^?#@\s]*)?(?:\?([^#@\s]*))?$/i;
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*)|\[[0-9a-f:.]+(?:%[a-z0-9]+)?\])(?::(\d{1,5}))?$/i;

/** Null: not a connection URL, or one whose special characters are not percent-encoded. */
export function parseConnectionUrl(text: string): ConnectionUrl | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const [, scheme = "", login, hosts = "", path = "", query = ""] = match;
  if (hosts !== "" && !hosts.split(",").every(isHost)) return null;
  if (login === undefined) return { scheme: scheme.toLowerCase(), user: null, password: null, hosts, path, query };
  const colon = login.indexOf(":");
  const user = colon < 0 ? login : login.slice(0, colon);
  const password = colon < 0 ? null : login.slice(colon + 1);
  if (decoded(user) === null || (password !== null && decoded(password) === null)) return null;
  return { scheme: scheme.toLowerCase(), user, password, hosts, path, query };
}

/** `host` or `host:port`, IPv6 in brackets. */
export function isHost(text: string): boolean {
  const match = HOST.exec(text);
  if (match === null) return false;
  const port = match[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/** Percent-decoded, or null where that is impossible. */
export function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** For people: where it points, without user, password and query, any of which may be a secret. */
export function addressOf({ scheme, hosts, path }: ConnectionUrl): string {
  return `${scheme}://${hosts}${path === "/" ? "" : path}`;
}

/** The secrets in a URL as they may turn up elsewhere: password and secret parameters, as written and decoded. */
export function secretsOf(url: ConnectionUrl): readonly string[] {
  const written = url.password === null ? [] : [url.password];
  for (const pair of url.query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && /pass|pwd|secret|token/i.test(pair.slice(0, equals))) written.push(pair.slice(equals + 1));
  }
  return written.flatMap((secret) => [secret, decoded(secret) ?? secret]).filter((secret) => secret !== "");
}
