/**
 * Connection URLs, taken apart by hand: `URL` would read `postgres://u:p#ss@host` as the host `u` and print the rest,
 * and refuses lists of hosts. Settings, drivers and stores all read theirs here.
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

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*)|\[[0-9a-f:.]+(?:%[a-z0-9]+)?\])(?::(\d{1,5}))?$/i;

/** The parts as they are written, whatever stands in them. Null: not a connection URL. */
export function partsOf(text: string): ConnectionUrl | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  const [, scheme = "", login, hosts = "", path = "", query = ""] = match;
  const colon = login?.indexOf(":") ?? -1;
  const user = login === undefined || colon < 0 ? (login ?? null) : login.slice(0, colon);
  const password = login === undefined || colon < 0 ? null : login.slice(colon + 1);
  return { scheme: scheme.toLowerCase(), user, password, hosts, path, query };
}

/**
 * The parts of what fits to the letter, so that nothing unmasked is shown. Null also for special characters that are not
 * percent-encoded, and for what can be no host.
 */
export function parseConnectionUrl(text: string): ConnectionUrl | null {
  const url = partsOf(text);
  if (url === null || /\s/.test(text) || `${url.path}${url.query}`.includes("@")) return null;
  if (url.hosts !== "" && !url.hosts.split(",").every(isHost)) return null;
  return isDecodable(url) ? url : null;
}

/** Whether each "%" of user and password starts a percent code. */
export function isDecodable({ user, password }: ConnectionUrl): boolean {
  return decoded(user ?? "") !== null && decoded(password ?? "") !== null;
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
export function addressOf({ scheme, hosts, path }: Pick<ConnectionUrl, "scheme" | "hosts" | "path">): string {
  return `${scheme}://${hosts}${path === "/" ? "" : path}`;
}

/** Of a text that is no such URL: no more than the scheme, the only part that is known to be no secret. */
export function schemeOnly(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]{0,20}):/i.exec(text)?.[1];
  return scheme === undefined ? "*** (without a scheme)" : `${scheme}://***`;
}

/** The secrets in a URL as they may turn up elsewhere: password and secret parameters, as written and decoded. */
export function secretsOf(url: ConnectionUrl): readonly string[] {
  const secrets = new Set<string>();
  const add = (secret: string): unknown => secrets.add(secret).add(decoded(secret) ?? secret);
  add(url.password ?? "");
  for (const pair of url.query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals <= 0 || !/pass|pwd|secret|token/i.test(pair.slice(0, equals))) continue;
    add(pair.slice(equals + 1));
    // A driver may read parameters as those of a form, where a plus is a blank.
    add(pair.slice(equals + 1).replaceAll("+", " "));
  }
  secrets.delete("");
  return [...secrets];
}
