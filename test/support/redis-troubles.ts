/** A Redis behind a proxy, and all that can be wrong with it: each trouble begins, and ends. */
import { createClient } from "redis";
import { type BadProxy, badProxy } from "./bad-proxy.ts";
import { eventually } from "./processes.ts";
import { type RedisServer, startRedis } from "./redis.ts";

export const PASSWORD = "pass-word-of-the-tests-7";
/** A slow server is slower than this. */
export const DEADLINE_MS = 400;

export interface RedisScene {
  readonly server: RedisServer;
  readonly proxy: BadProxy;
  /** Through the proxy. */
  readonly url: string;
  /** One command on a connection that is there from the beginning, past the proxy. */
  readonly tell: (...command: string[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export async function redisScene(): Promise<RedisScene> {
  const server = await startRedis({ settings: { requirepass: PASSWORD } });
  const proxy = await badProxy(server.port);
  const admin = createClient({ url: server.url, RESP: 2 });
  admin.on("error", () => {});
  await admin.connect();
  return {
    server,
    proxy,
    url: `redis://:${PASSWORD}@127.0.0.1:${proxy.port}`,
    tell: (...command) => admin.sendCommand(command),
    close: async () => {
      admin.destroy();
      await proxy.close();
      await server.dispose();
    },
  };
}

export interface Trouble {
  readonly name: string;
  readonly begin: (scene: RedisScene) => unknown;
  readonly end: (scene: RedisScene) => unknown;
  /** What the log says of it. */
  readonly found: RegExp;
}

const IN_TIME = /an answer within 400 ms is needed/;

/** Said once, by whoever is first: the renewal whose connection was cut, which the kernel has two words for, or the next. */
const CUT_OR_REFUSED = /closed unexpectedly|ECONNRESET|WRONGPASS/;

export const TROUBLES: readonly Trouble[] = [
  {
    name: "refuses connections",
    begin: ({ proxy }) => proxy.refuse(),
    end: ({ proxy }) => proxy.pass(),
    found: /ECONNREFUSED|closed unexpectedly|ECONNRESET/i,
  },
  {
    name: "is slower than the deadline",
    begin: ({ proxy }) => proxy.delay(3 * DEADLINE_MS),
    end: ({ proxy }) => proxy.pass(),
    found: IN_TIME,
  },
  { name: "hangs", begin: ({ server }) => server.pause(), end: ({ server }) => server.resume(), found: IN_TIME },
  {
    name: "is behind a network that swallows everything",
    begin: ({ proxy }) => proxy.swallow(),
    end: ({ proxy }) => proxy.pass(),
    found: IN_TIME,
  },
  {
    name: "answers with errors",
    begin: ({ tell }) => tell("ACL", "SETUSER", "default", "-evalsha", "-eval"),
    end: ({ tell }) => tell("ACL", "SETUSER", "default", "+@all"),
    found: /NOPERM/,
  },
  {
    name: "has become a replica that nobody may write to",
    // Nothing answers at port 1.
    begin: ({ tell }) => tell("REPLICAOF", "127.0.0.1", "1"),
    end: ({ tell }) => tell("REPLICAOF", "NO", "ONE"),
    found: /READONLY/,
  },
  {
    name: "has another password",
    begin: async ({ tell }) => {
      await tell("CONFIG", "SET", "requirepass", "another");
      await tell("CLIENT", "KILL", "TYPE", "normal");
    },
    end: ({ tell }) => tell("CONFIG", "SET", "requirepass", PASSWORD),
    found: CUT_OR_REFUSED,
  },
  {
    name: "has no memory left",
    begin: ({ tell }) => tell("CONFIG", "SET", "maxmemory", "1"),
    end: ({ tell }) => tell("CONFIG", "SET", "maxmemory", "0"),
    found: /OOM/,
  },
  {
    name: "is busy with a script of somebody else",
    begin: async ({ server, tell }) => {
      await tell("CONFIG", "SET", "lua-time-limit", "50");
      server.tell("EVAL", "while true do end", "0").catch(() => {});
      await eventually("it is busy", () => server.tell("PING").then((answer) => answer.includes("BUSY")));
    },
    end: ({ tell }) => tell("SCRIPT", "KILL"),
    found: /BUSY/,
  },
  {
    name: "dies, and comes back without its data",
    begin: ({ server }) => server.kill(),
    end: ({ server }) => server.start(),
    found: /ECONNREFUSED|closed unexpectedly|ECONNRESET/i,
  },
];
