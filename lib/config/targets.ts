/**
 * `DATABASE_URL` and `STATE_URL`: a scheme chooses the adapter, the rest says where. Each scheme is one entry of a
 * closed list, so that an unknown one can be refused with the list of those that exist.
 */
import * as v from "valibot";
import { addressOf, type ConnectionUrl, decoded, parseConnectionUrl, partsOf } from "../connection-url.ts";
import { isLoopback } from "../loopback.ts";
import { readPostgresUrl } from "../postgres-url/url.ts";
import { REDIS_FORMS, readRedisUrl } from "../redis-url.ts";
import type { DatabaseTarget, StoreTarget } from "./types.ts";
import type { Schema } from "./variable.ts";

/** What upstash lacks until `STATE_TOKEN` is known. */
export type StoreLocation = Exclude<StoreTarget, { kind: "upstash" }> | Omit<UpstashTarget, "token">;
type UpstashTarget = Extract<StoreTarget, { kind: "upstash" }>;

/** Reads one scheme: the target; null when the rest is not as `form` says, or a text that says what it must be instead. */
interface Scheme<Target> {
  readonly form: string;
  readonly read: (text: string) => Target | string | null;
}

const ENCODED = "special characters in user and password percent-encoded";

function postgres(text: string): DatabaseTarget | string | null {
  const read = readPostgresUrl(text);
  if ("needed" in read) return read.needed;
  const url = partsOf(text);
  return url && { kind: "postgres", url: text, address: addressOf(url) };
}

function oracle(text: string): DatabaseTarget | null {
  const url = parseConnectionUrl(text);
  if (url === null || url.hosts === "" || url.path.length < 2 || !url.user || url.password === null) return null;
  const [user, password] = [decoded(url.user), decoded(url.password)];
  if (user === null || !password) return null;
  const connectString = url.hosts + url.path;
  return { kind: "oracle", url: text, address: addressOf(url), user, password, connectString };
}

function pglite(text: string): DatabaseTarget {
  const directory = text.slice("pglite:".length) || null;
  return { kind: "pglite", directory, address: directory === null ? "pglite: in memory" : `pglite:${directory}` };
}

function redis(text: string): StoreLocation | null {
  const url = readRedisUrl(text);
  return url && { kind: "redis", url: text, address: url.address };
}

/** Unencrypted only to this machine, for tests: the token travels with every request. */
function safeOverHttp(url: ConnectionUrl): boolean {
  return url.scheme === "https" || (url.scheme === "http" && isLoopback(url.hosts.replace(/:\d+$/, "")));
}

function upstash(text: string): StoreLocation | null {
  const inner = text.slice("upstash:".length);
  const url = parseConnectionUrl(inner);
  if (url === null || url.hosts === "" || url.user !== null || url.query !== "" || !safeOverHttp(url)) return null;
  return { kind: "upstash", url: inner.replace(/\/$/, ""), address: `upstash:${addressOf(url)}` };
}

function denoKv(text: string): StoreLocation {
  const path = text.slice("deno-kv:".length) || null;
  return { kind: "deno-kv", path, address: text };
}

const POSTGRES = { form: `postgres://user:password@host:port/database, ${ENCODED}`, read: postgres };
const REDIS = Object.fromEntries(
  Object.entries(REDIS_FORMS).map(([scheme, form]) => [`${scheme}:`, { form: `${form}, ${ENCODED}`, read: redis }]),
);

const DATABASES: Readonly<Record<string, Scheme<DatabaseTarget>>> = {
  "postgres:": POSTGRES,
  "postgresql:": POSTGRES,
  "oracle:": { form: `oracle://user:password@host:port/service, ${ENCODED}`, read: oracle },
  "pglite:": { form: "pglite: or pglite:DIRECTORY", read: pglite },
};

const STORES: Readonly<Record<string, Scheme<StoreLocation>>> = {
  "memory:": { form: "memory:", read: (text) => (text === "memory:" ? { kind: "memory", address: text } : null) },
  ...REDIS,
  "upstash:": {
    form: "upstash:https://host, without user, password or query (the token is STATE_TOKEN)",
    read: upstash,
  },
  "deno-kv:": { form: "deno-kv: or deno-kv:PATH", read: denoKv },
  "durable-object:": {
    form: "durable-object:",
    read: (text) => (text === "durable-object:" ? { kind: "durable-object", address: text } : null),
  },
};

function target<Target extends object>(
  schemes: Readonly<Record<string, Scheme<Target>>>,
  known: string,
): Schema<Target> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, Target>(({ dataset, addIssue, NEVER }) => {
      const text = dataset.value;
      const name = /^[a-z][a-z0-9+.-]*:/i.exec(text)?.[0].toLowerCase() ?? "";
      const scheme = schemes[name];
      const value = scheme?.read(text) ?? null;
      if (value !== null && typeof value !== "string") return value;
      addIssue({ message: value ?? scheme?.form ?? `a URL of a known scheme: ${known}` });
      return NEVER;
    }),
  );
}

export const databaseTarget: Schema<DatabaseTarget> = target(
  DATABASES,
  "postgres:// (or postgresql://), oracle://user:pass@host:port/service, pglite: or pglite:DIR",
);

export const storeLocation: Schema<StoreLocation> = target(
  STORES,
  "memory:, redis:// (or rediss://, redis+unix://, redis+cluster://, redis+sentinel://), upstash:https://…, deno-kv: or deno-kv:PATH, durable-object:",
);
