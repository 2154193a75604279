/**
 * A PostgreSQL URL, read once for the settings, the driver and the doctor alike. What stands in it was often written for
 * libpq or another library: `parameters` says what each parameter means here, `draft` collects it. No driver reads the URL
 * again.
 */
import {
  addressOf,
  type ConnectionUrl,
  decoded,
  isDecodable,
  isHost,
  partsOf,
  schemeOnly,
  secretsOf,
} from "../connection-url.ts";
import { type Draft, newDraft } from "./draft.ts";
import { readParameters } from "./parameters.ts";

export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
}

export interface PostgresUrl extends Omit<Draft, "host" | "hostaddr" | "port"> {
  /** In the order in which they are tried; one where there is a `socket`. */
  readonly places: readonly PostgresPlace[];
  /** The file of a unix socket. */
  readonly socket: string | null;
  /** For people, and what tells databases apart: hosts and database, no user, no password, no parameters. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

/** What was read; or what a URL needs to be read, as the end of the sentence "it needs …", and what was found. */
export type PostgresUrlRead = PostgresUrl | { readonly needed: string | null; readonly found: string };

const DEFAULT_PORT = 5432;

/** Never throws, and shows no secret. `needed` is null for what is none at all. */
export function readPostgresUrl(text: string): PostgresUrlRead {
  const parts = /\s/.test(text) ? null : partsOf(text);
  // Behind an unencoded "/" or "?" in a password the rest of the login looks like a path.
  const isTorn = parts === null || `${parts.path}${parts.query}`.includes("@");
  if (isTorn || !/^postgres(?:ql)?$/.test(parts.scheme)) return { needed: null, found: schemeOnly(text) };
  const { path } = parts;
  if (!isDecodable(parts) || decoded(parts.hosts) === null || decoded(path) === null) {
    return { needed: null, found: `${parts.scheme}://*** with a "%" that starts no percent code` };
  }
  const draft = newDraft();
  draft.user = parts.user ? decoded(parts.user) : null;
  draft.password = parts.password === null ? null : decoded(parts.password);
  draft.database = path.length > 1 ? decoded(path.slice(1)) : null;
  const found = `${parts.scheme}://***`;
  const needed = readParameters(parts.query, draft);
  if (needed !== null) return { needed, found };
  const where = placesOf(parts, draft);
  if (where === null) return { needed: null, found };
  if (typeof where === "string") return { needed: where, found };
  const { host: _host, hostaddr: _hostaddr, port: _port, ...rest } = draft;
  return { ...rest, ...where, address: addressFor(parts, where, draft), secrets: secretsOf(parts) };
}

type Where = Pick<PostgresUrl, "places" | "socket">;

/** As libpq has it, a parameter wins over what stands before the path. */
function placesOf({ hosts }: ConnectionUrl, { host, hostaddr, port }: Draft): Where | string | null {
  const named = hostaddr ?? host ?? hosts;
  const written = named === "" ? [] : named.split(",");
  if (written.length === 0) return null;
  // Ports of the authority go with their hosts, and with a single host that a parameter names.
  const ports = port?.split(",") ?? (named === hosts ? [] : hosts.split(",").map((each) => portOf(each)));
  const sockets = written.map((each) => decoded(each) ?? "").filter((each) => each.startsWith("/"));
  if (sockets.length > 0 && written.length > 1) {
    return "a URL with one unix socket or with hosts, since the driver tries hosts only; name one of them";
  }
  if (sockets[0] !== undefined) return socketAt(sockets[0], ports[0] || undefined);
  const places = written.map((each, index) => placeOf(each, ports[index] ?? ports[0] ?? ""));
  return places.every((place) => place !== null) ? { places, socket: null } : null;
}

const portOf = (host: string): string => /:(\d{1,5})$/.exec(host)?.[1] ?? "";

/** `DIR`, `DIR:PORT`, or the file itself; the colons in `/cloudsql/project:region:instance` are part of the name. */
function socketAt(written: string, given: string | undefined): Where {
  const own = /^([^:]*):(\d{1,5})$/.exec(written);
  const folder = own?.[1] ?? written;
  const port = Number(own?.[2] ?? given ?? DEFAULT_PORT);
  const socket = folder.includes("/.s.PGSQL.") ? folder : `${folder.replace(/\/$/, "")}/.s.PGSQL.${port}`;
  return { places: [{ host: folder, port }], socket };
}

function placeOf(written: string, given: string): PostgresPlace | null {
  // As a parameter an IPv6 address has no brackets.
  const text = /^[0-9a-f]*:[0-9a-f:.]+$/i.test(written) && written.split(":").length > 2 ? `[${written}]` : written;
  const whole = given !== "" && portOf(text.replace(/^\[.*\]/, "")) === "" ? `${text}:${given}` : text;
  if (!isHost(whole)) return null;
  const [, bracketed, plain = "", port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(whole) ?? [];
  return { host: bracketed ?? plain, port: Number(port ?? DEFAULT_PORT) };
}

/** As it was written, unless a parameter says where it is. */
function addressFor(parts: ConnectionUrl, { places, socket }: Where, draft: Draft): string {
  const { host, hostaddr, port, database } = draft;
  const isWritten = database === null || decoded(parts.path.slice(1)) === database;
  const path = isWritten ? parts.path : `/${encodeURIComponent(database)}`;
  const scheme = "postgres";
  if (socket === null && (host ?? hostaddr ?? port) === null) return addressOf({ scheme, hosts: parts.hosts, path });
  const hosts = places.map((place) => {
    const written = socket === null && place.host.includes(":") ? `[${place.host}]` : encodeURIComponent(place.host);
    return place.port === DEFAULT_PORT ? written : `${written}:${place.port}`;
  });
  return addressOf({ scheme, hosts: hosts.join(","), path });
}
