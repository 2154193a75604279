/** Where a Redis is and how to get in, from a URL or from options. */
import {
  nodeText,
  REDIS_FORMS,
  type RedisNode,
  type RedisPlace,
  type RedisUrl,
  readRedisNode,
  readRedisUrl,
  sentinelNode,
} from "../../redis-url.ts";
import type { RedisOptions, RedisPassword, RedisTls } from "./options.ts";

export interface RedisSettings {
  readonly place: RedisPlace;
  /** For people: no credentials. */
  readonly address: string;
  /** Passwords, as written and decoded: what no log may show. */
  readonly secrets: readonly string[];
  /** Null: unencrypted. */
  readonly tls: RedisTls | null;
  readonly login: RedisLogin;
  /** Of the Sentinels, who have users of their own. */
  readonly sentinelLogin: RedisLogin;
  readonly database: number;
}

export interface RedisLogin {
  readonly username: string | null;
  readonly password: RedisPassword | null;
}

const NAMES: ReadonlySet<string> = new Set([
  "url",
  "nodes",
  "sentinels",
  "master",
  "username",
  "password",
  "sentinelUsername",
  "sentinelPassword",
  "database",
  "tls",
] satisfies (keyof RedisOptions)[]);

/** @throws TypeError without repeating a URL, which may hold a password. */
export function settingsOf(from: string | RedisOptions | undefined): RedisSettings {
  if (typeof from !== "object" || from === null) return settingsOfUrl(from);
  const stranger = Object.keys(from).find((name) => !NAMES.has(name));
  if (stranger !== undefined)
    throw new TypeError(`redis: one of ${[...NAMES].join(", ")} is needed, found ${stranger}`);
  const { tls, username = null, password = null, database } = from;
  if (tls !== undefined && typeof tls !== "boolean" && (typeof tls !== "object" || tls === null)) {
    throw fault("tls: true, or { ca, cert, key, servername } is needed", tls);
  }
  if (database !== undefined && (!Number.isInteger(database) || database < 0)) {
    throw new TypeError(`redis: database: the number of one is needed, found ${String(database)}`);
  }
  const base = placedBy(from);
  const isEncrypted = tls === undefined ? base.isEncrypted : tls !== false;
  if (base.place.kind === "cluster" && database) {
    throw new TypeError(`redis: database: 0 is needed, since a cluster has no other, found ${database}`);
  }
  const sentinelLogin = {
    username: from.sentinelUsername ?? null,
    password: passwordOf("sentinelPassword", from.sentinelPassword ?? null),
  };
  const given = [password, from.sentinelPassword].filter((one): one is string => typeof one === "string" && one !== "");
  return {
    place: base.place,
    address: base.address,
    secrets: [...new Set([...base.secrets, ...given])],
    tls: isEncrypted ? (typeof tls === "object" ? tls : {}) : null,
    login: { username: username ?? base.username, password: passwordOf("password", password) ?? base.password },
    sentinelLogin,
    database: database ?? base.database,
  };
}

function settingsOfUrl(text: unknown): RedisSettings {
  const { place, address, secrets, isEncrypted, username, password, database } = urlOf(text);
  const nobody = { username: null, password: null };
  const tls = isEncrypted ? {} : null;
  return { place, address, secrets, tls, login: { username, password }, sentinelLogin: nobody, database };
}

function urlOf(text: unknown): RedisUrl {
  const read = typeof text === "string" ? readRedisUrl(text) : null;
  if (read !== null) return read;
  const length = typeof text === "string" ? ` (${text.length} characters)` : `: ${typeof text}`;
  const found = text === undefined || text === "" ? "nothing" : `something else${length}`;
  const others = [REDIS_FORMS["redis+cluster"], REDIS_FORMS["redis+sentinel"]].join(" or ");
  throw new TypeError(
    `redis: a URL like ${REDIS_FORMS.redis} or rediss:// is needed, the database as a number, or ${others}, found ${found}; set STATE_URL`,
  );
}

type Placed = Pick<RedisUrl, "place" | "address" | "secrets" | "isEncrypted" | "username" | "database"> & {
  readonly password: string | null;
};

function placedBy({ url, nodes, sentinels, master, tls }: RedisOptions): Placed {
  const named = Object.entries({ url, nodes, sentinels }).filter(([, value]) => value !== undefined);
  if (named.length !== 1) {
    const found = named.length === 0 ? "none" : named.map(([name]) => name).join(" and ");
    throw new TypeError(`redis: one of url, nodes (of a cluster) and sentinels is needed, found ${found}`);
  }
  if (url !== undefined) return urlOf(url);
  const open = { secrets: [], isEncrypted: false, username: null, password: null, database: 0 };
  const scheme = tls ? "rediss" : "redis";
  if (nodes !== undefined) {
    const all = nodesOf("nodes", nodes, readRedisNode);
    const address = `${scheme}+cluster://${all.map(nodeText).join(",")}`;
    return { ...open, place: { kind: "cluster", nodes: all }, address };
  }
  const all = nodesOf("sentinels", sentinels, sentinelNode);
  if (typeof master !== "string" || master === "") {
    throw fault("master: the name under which the sentinels watch the primary is needed", master);
  }
  const address = `${scheme}+sentinel://${all.map(nodeText).join(",")}/${master}`;
  return { ...open, place: { kind: "sentinel", nodes: all, master }, address };
}

function nodesOf(
  name: string,
  given: RedisOptions["nodes"],
  read: (text: string) => RedisNode | null,
): readonly RedisNode[] {
  const nodes = Array.isArray(given)
    ? given.map((one: unknown) => (typeof one === "string" ? read(one) : isNode(one) ? one : null))
    : [];
  const found = nodes.filter((node) => node !== null);
  if (found.length > 0 && found.length === nodes.length) return found;
  throw fault(`${name}: a list of "host:port" or { host, port } is needed`, given);
}

function isNode(value: unknown): value is RedisNode {
  if (typeof value !== "object" || value === null) return false;
  const { host, port } = value as Partial<RedisNode>;
  return typeof host === "string" && host !== "" && Number.isInteger(port);
}

function passwordOf(name: string, given: unknown): RedisPassword | null {
  if (given === null || typeof given === "string" || typeof given === "function") return given as RedisPassword | null;
  throw fault(`${name}: a text, or a function that returns one, is needed`, given);
}

/** What was found is named by its kind alone: it may hold a password or a key. */
const fault = (needed: string, found: unknown): TypeError =>
  new TypeError(`redis: ${needed}, found ${Array.isArray(found) ? "a list" : found === null ? "null" : typeof found}`);
