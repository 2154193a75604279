/**
 * A client that the application has already: of node-redis (`createClient`, `createCluster`, `createSentinel`) or ioredis
 * (`Redis`, `Cluster`), told by what it can do, whichever copy of its package it is from. It stays its owner's: scripts go
 * over it, and it is never closed here. What is published is heard on a duplicate.
 */
import { nodeText, readRedisUrl } from "../../redis-url.ts";
import { isPlain, text } from "../../shape.ts";
import type { Client } from "./client.ts";
import { served } from "./served.ts";

/** What every client of node-redis has, as far as it tells them from others. */
export interface NodeRedisClient {
  /** Whether it was told to connect, and not yet to close. */
  readonly isOpen: boolean;
  /**
   * Opens it.
   *
   * @throws Error where it is open, or its server cannot be reached.
   */
  connect(): Promise<unknown>;
  /**
   * Sends a command; a cluster's is given its key before that.
   *
   * @throws Error with what the server has said, or what became of the connection.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a client, a cluster and a Sentinel's client differ in what they take
  sendCommand(...given: any[]): Promise<unknown>;
  /** Another one with the same settings. Never throws. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of each package
  duplicate(...given: any[]): unknown;
}

/** What `Redis` and `Cluster` of ioredis have, as far as it tells them from others. */
export interface IoredisClient {
  /** Such as `ready`. */
  readonly status: string;
  /** Whether it is a `Cluster`. */
  readonly isCluster: boolean;
  /**
   * Sends a command.
   *
   * @throws Error with what the server has said, or what became of the connection.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of the package
  call(...given: any[]): Promise<unknown>;
  /** Another one with the same settings. Never throws. */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of the package
  duplicate(...given: any[]): unknown;
}

/** A client of the application's own. */
export type RedisClient = NodeRedisClient | IoredisClient;

/** The client of the application, as it is used here. */
export interface Given {
  /** For people: no credentials. */
  readonly address: string;
  readonly secrets: readonly string[];
  readonly send: Client["send"];
  /** It sends each command to the server that has its key. */
  readonly leadsByKey: boolean;
  readonly state: () => "ready" | "away" | "closed";
  /** Another one with the same settings, which listens. */
  readonly listening: () => Promise<Client>;
}

/** Replies as they are, whatever the application has its own turned into. */
const PLAIN_REPLIES = { typeMapping: {} };
const CLIENTS = "a client of node-redis (createClient, createCluster, createSentinel) or ioredis (Redis, Cluster)";

/** Whether it is meant as a client: options are a plain object, and have no such function. */
export const isClient = (from: unknown): from is RedisClient =>
  typeof from === "function" || has(from, "duplicate") || (typeof from === "object" && from !== null && !isPlain(from));

/** @throws TypeError for what is no such client. */
export function readGiven(from: RedisClient): Given {
  if (has(from, "call") && has(from, "duplicate") && text(member(from, "status"))) return ofIoredis(from as Ioredis);
  if (has(from, "sendCommand") && has(from, "execute")) throw fault("a pool (createClientPool)");
  if (has(from, "sendCommand") && has(from, "duplicate") && typeof member(from, "isOpen") === "boolean")
    return ofNodeRedis(from as NodeRedis);
  const name = (from as object).constructor?.name;
  if (has(from, "evalsha") && has(from, "pipeline")) {
    throw fault("another one; Upstash's goes by tidegate/stores/upstash");
  }
  throw fault(typeof from === "function" ? "a function: call it, or hand over what it returns" : `an object ${name}`);
}

const fault = (found: string): TypeError => new TypeError(`redis: ${CLIENTS} is needed, found ${found}`);

const member = (of: unknown, name: string): unknown => (of as Readonly<Record<string, unknown>> | null)?.[name];
const has = (of: unknown, name: string): boolean => typeof member(of, name) === "function";

/** What is used of node-redis; the three differ in what goes before a command. */
interface NodeRedis extends NodeRedisClient {
  readonly isReady?: boolean;
  on(event: "error" | "reconnecting", listener: () => void): unknown;
  subscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
  destroy(): unknown;
}

function ofNodeRedis(client: NodeRedis): Given {
  const isCluster = has(client, "nodeClient");
  const isSentinel = has(client, "getMasterNode");
  // Connections to those servers alone that are listened at.
  const own = isCluster ? { minimizeConnections: true } : {};
  return {
    ...placeOfNodeRedis(client),
    leadsByKey: isCluster,
    send(command, key) {
      if (isCluster) return client.sendCommand(key, false, command, PLAIN_REPLIES);
      if (isSentinel) return client.sendCommand(false, command, PLAIN_REPLIES);
      return client.sendCommand(
        command,
        client.isReady ? { ...PLAIN_REPLIES, abortSignal: served(client) } : PLAIN_REPLIES,
      );
    },
    state() {
      if (!client.isOpen) return "closed";
      // Where it does not say so, it is found out.
      return (client.isReady ?? true) ? "ready" : "away";
    },
    async listening() {
      const copy = client.duplicate(own) as NodeRedis;
      copy.on("error", () => {});
      await copy.connect();
      return {
        send: () => Promise.reject(new Error("it listens")),
        subscribe: (channels, listener) => copy.subscribe([...channels], listener),
        unsubscribe: (channels, listener) => copy.unsubscribe([...channels], listener),
        // It comes back by itself.
        onLost: () => {},
        // Earlier releases throw where it has ended already.
        close: async () => void (copy.isOpen && (await copy.destroy())),
        destroy: () => void (copy.isOpen && copy.destroy()),
      };
    },
  };
}

/** What is used of ioredis. */
interface Ioredis extends IoredisClient {
  readonly options: Readonly<Record<string, unknown>>;
  on(event: "error", listener: () => void): unknown;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  off(event: "message", listener: (channel: string, message: string) => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  disconnect(): void;
}

function ofIoredis(client: Ioredis): Given {
  if (client.options.keyPrefix) {
    throw new TypeError(
      'redis: a client without keyPrefix is needed, since keys and channels have to fit each other; hand over client.duplicate({ keyPrefix: "" })',
    );
  }
  return {
    ...placeOfIoredis(client),
    leadsByKey: client.isCluster,
    send: ([name = "", ...args]) => client.call(name, ...args),
    state() {
      const { status } = client;
      if (status === "end") return "closed";
      // It connects with its first command.
      return status === "ready" || status === "wait" ? "ready" : "away";
    },
    async listening() {
      const copy = (client.isCluster ? client.duplicate() : client.duplicate({ lazyConnect: false })) as Ioredis;
      copy.on("error", () => {});
      const heard = new Map<(message: string) => void, (channel: string, message: string) => void>();
      return {
        send: () => Promise.reject(new Error("it listens")),
        subscribe(channels, listener) {
          const hear = (channel: string, message: string) => channels.includes(channel) && listener(message);
          if (!heard.has(listener)) copy.on("message", hear);
          heard.set(listener, heard.get(listener) ?? hear);
          return copy.subscribe(...channels);
        },
        unsubscribe(channels, listener) {
          const hear = heard.get(listener);
          heard.delete(listener);
          if (hear) copy.off("message", hear);
          return copy.unsubscribe(...channels);
        },
        onLost: () => {},
        close: async () => copy.disconnect(),
        destroy: () => copy.disconnect(),
      };
    },
  };
}

type Place = Pick<Given, "address" | "secrets">;

/** `options` of a client, `_options` of a cluster; a Sentinel's client keeps its own to itself. */
function placeOfNodeRedis(client: object): Place {
  const options = optionsOf(member(client, "options") ?? member(client, "_options"));
  const defaults = optionsOf(options.defaults);
  const roots = Array.isArray(options.rootNodes) ? options.rootNodes.map(optionsOf) : [];
  const secrets = [options, defaults, ...roots].flatMap(secretsIn);
  const at = roots.length > 0 ? roots.map(hostOf).join(",") : hostOf(options);
  if (has(client, "getMasterNode")) return { address: "redis+sentinel: by a client of the application", secrets };
  return { address: roots.length > 0 ? `redis+cluster://${at}` : `redis://${at}`, secrets };
}

function placeOfIoredis(client: Ioredis): Place {
  const { options } = client;
  const nodeOptions = optionsOf(options.redisOptions);
  const secrets = [options, nodeOptions].flatMap(secretsIn);
  if (client.isCluster) {
    const roots = (member(client, "startupNodes") as readonly unknown[] | undefined) ?? [];
    const hosts = roots.map((root) => hostOf(isPlain(root) ? root : { url: root }));
    return { address: `redis+cluster://${hosts.join(",")}`, secrets };
  }
  if (!Array.isArray(options.sentinels)) return { address: `redis://${hostOf(options)}`, secrets };
  const sentinels = options.sentinels.map((one: unknown) => hostOf(optionsOf(one)));
  return { address: `redis+sentinel://${sentinels.join(",")}/${String(options.name)}`, secrets };
}

const optionsOf = (found: unknown): Readonly<Record<string, unknown>> =>
  typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>) : {};

const urlIn = ({ url }: Readonly<Record<string, unknown>>) =>
  typeof url === "string" ? readRedisUrl(/^[a-z+]+:/i.test(url) ? url : `redis://${url}`) : null;

function hostOf(options: Readonly<Record<string, unknown>>): string {
  const place = urlIn(options)?.place;
  if (place?.kind === "server") return nodeText(place.node);
  const { host, port, path } = { ...options, ...optionsOf(options.socket) };
  if (text(path)) return path;
  return nodeText({ host: text(host) ? host : "localhost", port: Number(port ?? 6379) });
}

const secretsIn = (options: Readonly<Record<string, unknown>>): readonly string[] => [
  ...(urlIn(options)?.secrets ?? []),
  ...[options.password, options.sentinelPassword].filter((one): one is string => text(one) && one !== ""),
];
