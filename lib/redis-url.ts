/**
 * A URL of a Redis, read once for the settings, the store and the doctor alike: one server, a cluster, or what Sentinels
 * watch. No driver reads it again.
 */
import { addressOf, type ConnectionUrl, decoded, isHost, parseConnectionUrl, secretsOf } from "./connection-url.ts";

/** One server. */
export interface RedisNode {
  /** A name or an address, IPv6 without its brackets. */
  readonly host: string;
  /** The number of its port. */
  readonly port: number;
}

/** Where the keys are. */
export type RedisPlace =
  | { readonly kind: "server"; readonly node: RedisNode }
  /** The file of a unix socket. */
  | { readonly kind: "socket"; readonly path: string }
  /** Some of its nodes: these tell of the others. */
  | { readonly kind: "cluster"; readonly nodes: readonly RedisNode[] }
  /** Some of the Sentinels that know where the primary of this name is. */
  | { readonly kind: "sentinel"; readonly nodes: readonly RedisNode[]; readonly master: string };

export interface RedisUrl {
  readonly place: RedisPlace;
  readonly isEncrypted: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** One of the server's databases, by its number. */
  readonly database: number;
  /** For people: no credentials. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
}

/** Its schemes, and what must stand behind each. */
export const REDIS_FORMS = {
  redis: "redis://user:password@host:port/number",
  rediss: "rediss://user:password@host:port/number",
  "redis+unix": "redis+unix://user:password@/path/of/the/socket?db=number",
  "redis+cluster": "redis+cluster://user:password@host:port,host:port",
  "rediss+cluster": "rediss+cluster://user:password@host:port,host:port",
  "redis+sentinel": "redis+sentinel://user:password@host:port,host:port/master/number",
  "rediss+sentinel": "rediss+sentinel://user:password@host:port,host:port/master/number",
} as const;

const SERVER_PORT = 6379;
const SENTINEL_PORT = 26_379;
/** A number chooses one of the server's databases. */
const DATABASE = /^\/?(\d{0,5})$/;
const MASTER = /^\/([\w.-]{1,100})(?:\/(\d{0,5}))?$/;

/** Null: not as {@link REDIS_FORMS} says. Shows nothing, since it may hold a password. */
export function readRedisUrl(text: string): RedisUrl | null {
  const parts = parseConnectionUrl(text);
  const where = parts && placeOf(parts);
  if (parts === null || where === null) return null;
  const { place, database } = where;
  return {
    place,
    database: Number(database),
    isEncrypted: parts.scheme.startsWith("rediss"),
    username: parts.user ? decoded(parts.user) : null,
    password: parts.password ? decoded(parts.password) : null,
    address: addressOf(parts),
    secrets: secretsOf(parts),
  };
}

interface Where {
  readonly place: RedisPlace;
  /** Empty: 0. */
  readonly database: string;
}

function placeOf({ scheme, hosts, path, query }: ConnectionUrl): Where | null {
  if (scheme === "redis+unix") {
    const file = decoded(path);
    const database = new URLSearchParams(query).get("db") ?? "";
    if (hosts !== "" || !file || file === "/" || !/^\d{0,5}$/.test(database)) return null;
    return { place: { kind: "socket", path: file }, database };
  }
  switch (scheme.replace(/^rediss/, "redis")) {
    case "redis":
      return serverOf(hosts, path);
    case "redis+cluster": {
      const nodes = nodesOf(hosts, SERVER_PORT);
      // A cluster has no other.
      return nodes && /^\/?0?$/.test(path) ? { place: { kind: "cluster", nodes }, database: "" } : null;
    }
    case "redis+sentinel": {
      const nodes = nodesOf(hosts, SENTINEL_PORT);
      const [, master = "", database = ""] = MASTER.exec(path) ?? [];
      return nodes && master !== "" ? { place: { kind: "sentinel", nodes, master }, database } : null;
    }
    default:
      return null;
  }
}

function serverOf(hosts: string, path: string): Where | null {
  const node = readRedisNode(hosts, SERVER_PORT);
  const database = DATABASE.exec(path)?.[1];
  return node === null || database === undefined ? null : { place: { kind: "server", node }, database };
}

function nodesOf(hosts: string, defaultPort: number): readonly RedisNode[] | null {
  const nodes = hosts.split(",").map((host) => readRedisNode(host, defaultPort));
  return nodes.some((node) => node === null) ? null : nodes.filter((node) => node !== null);
}

/** @param text `host` or `host:port`, IPv6 in brackets. */
export function readRedisNode(text: string, defaultPort: number = SERVER_PORT): RedisNode | null {
  if (!isHost(text)) return null;
  const [, bracketed, plain = "", port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain, port: Number(port ?? defaultPort) };
}

export const sentinelNode = (text: string): RedisNode | null => readRedisNode(text, SENTINEL_PORT);

/** As it is written, IPv6 in brackets. */
export const nodeText = ({ host, port }: RedisNode): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
