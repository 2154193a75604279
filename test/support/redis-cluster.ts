/** A Redis Cluster of three masters with a replica each, whose slots can be moved and whose masters can die. */
import { slotOf } from "../../lib/store/redis/slots.ts";
import { eventually, freePort } from "./processes.ts";
import { type RedisServer, startRedis } from "./redis.ts";

const MASTERS = 3;
const SLOTS = 16_384;

export interface RedisCluster {
  /** As `STATE_URL` has it, with the first three nodes. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  /** Who has the key now, by the word of those that live. */
  ownerOf(key: string): Promise<RedisServer>;
  /** Moves the slot of the key, with all that is in it, to another master, and says to which. */
  moveSlotOf(key: string): Promise<RedisServer>;
  dispose(): Promise<void>;
}

export interface RedisClusterOptions {
  /** A node that is silent for so long is replaced. */
  readonly nodeTimeoutMs?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

/** @throws Error when `redisUnavailable` gives a reason, or it is not there within 30 s. */
export async function startRedisCluster({
  nodeTimeoutMs = 1_000,
  settings = {},
}: RedisClusterOptions = {}): Promise<RedisCluster> {
  const ports = new Map<RedisServer, number>();
  const start = async () => {
    const busPort = await freePort();
    const own = {
      "cluster-enabled": "yes",
      "cluster-node-timeout": String(nodeTimeoutMs),
      "cluster-port": `${busPort}`,
    };
    const server = await startRedis({ settings: { ...settings, ...own, "cluster-replica-validity-factor": "0" } });
    ports.set(server, busPort);
    return server;
  };
  const servers = await Promise.all(Array.from({ length: 2 * MASTERS }, start));
  const masters = servers.slice(0, MASTERS);
  const idOf = async (server: RedisServer) => /[0-9a-f]{40}/.exec(await server.tell("CLUSTER", "MYID"))?.[0] ?? "";
  const epochOf = async (server: RedisServer) =>
    /cluster_current_epoch:\d+/.exec(await server.tell("CLUSTER", "INFO"))?.[0] ?? "";
  const all = (test: (server: RedisServer) => Promise<boolean>) => async () =>
    (await Promise.all(servers.map(test))).every(Boolean);
  const [first] = servers;

  for (const [at, master] of masters.entries()) {
    await master.tell("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1));
    const [from, to] = [Math.ceil((at * SLOTS) / MASTERS), Math.ceil(((at + 1) * SLOTS) / MASTERS) - 1];
    await master.tell("CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
  }
  for (const server of servers.slice(1)) {
    await first?.tell("CLUSTER", "MEET", "127.0.0.1", String(server.port), String(ports.get(server)));
  }
  const known = all(async (server) =>
    (await server.tell("CLUSTER", "INFO")).includes(`cluster_known_nodes:${2 * MASTERS}`),
  );
  await eventually("all nodes know each other", known, 30_000);
  for (const [at, master] of masters.entries()) {
    const replicate = async () =>
      (await servers[MASTERS + at]?.tell("CLUSTER", "REPLICATE", await idOf(master)))?.includes("+OK");
    await eventually("a replica knows its master", replicate, 30_000);
  }
  const whole = all(async (server) => (await server.tell("CLUSTER", "INFO")).includes("cluster_state:ok"));
  const linked = async () =>
    (await Promise.all(servers.slice(MASTERS).map((server) => server.tell("INFO", "replication")))).every((text) =>
      text.includes("master_link_status:up"),
    );
  await eventually("the cluster is whole", async () => (await whole()) && (await linked()), 30_000);

  /** One that has it and takes writes: an old one may come back and not know yet. */
  async function ownerOf(key: string): Promise<RedisServer> {
    const probe = ["EVAL", "return redis.call('EXISTS', KEYS[1])", "1", key];
    const found = await Promise.all(
      servers.map(async (server) => {
        const has = await server.tell(...probe).then(
          (text) => text.startsWith(":"),
          () => false,
        );
        return has && (await server.tell("ROLE")).includes("master") ? server : null;
      }),
    );
    const owner = found.find((server) => server !== null);
    if (!owner) throw new Error(`nobody has ${key}`);
    return owner;
  }
  return {
    url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    servers,
    ownerOf,
    async moveSlotOf(key) {
      const slot = String(slotOf(key));
      const from = await ownerOf(key);
      const to = masters.find((master) => master !== from) ?? from;
      const [fromId, toId] = await Promise.all([idOf(from), idOf(to)]);
      await to.tell("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
      await from.tell("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
      for (;;) {
        const told = await from.tell("CLUSTER", "GETKEYSINSLOT", slot, "100");
        const keys = told.split("\r\n").filter((line) => /^[^*$+]/.test(line));
        if (keys.length === 0) break;
        await from.tell("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys);
      }
      for (const server of [to, from]) await server.tell("CLUSTER", "SETSLOT", slot, "NODE", toId);
      // Who takes a slot before it has heard of the last move takes it under an older epoch: then nobody has the slot.
      await eventually(
        "all have heard of the move",
        async () => new Set(await Promise.all(servers.map(epochOf))).size === 1,
      );
      return to;
    },
    async dispose() {
      await Promise.all(servers.map((server) => server.dispose()));
    },
  };
}
