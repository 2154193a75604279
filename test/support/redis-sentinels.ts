/** A Redis with two replicas and three Sentinels that watch it, under the name `main`. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePort, signalTo } from "./processes.ts";
import { askRedis, REDIS_PROGRAM, type RedisServer, startRedis } from "./redis.ts";

const MASTER = "main";

export interface Sentinel {
  readonly port: number;
  readonly tell: (...command: string[]) => Promise<string>;
  readonly end: () => Promise<void>;
}

export interface SentinelOptions {
  readonly quorum?: number;
  readonly downAfterMs?: number;
}

/** A Redis is one by the way that it is started. */
export async function startSentinel(
  watched: RedisServer,
  { quorum = 1, downAfterMs = 1_000 }: SentinelOptions = {},
): Promise<Sentinel> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-sentinel-"));
  const port = await freePort();
  const file = join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${watched.port} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER} ${downAfterMs}`,
    // The same primary is not replaced twice within two of these.
    `sentinel failover-timeout ${MASTER} 2000`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child: ChildProcess = spawn(REDIS_PROGRAM, [file, "--sentinel"], { stdio: "ignore" });
  const kill = () => child.pid !== undefined && child.exitCode === null && signalTo(child.pid, "SIGKILL");
  process.once("exit", kill);
  const tell = (...command: string[]) => askRedis(port, command, { quits: false });
  await eventually("the sentinel answers", () =>
    tell("PING").then(
      (text) => text.startsWith("+PONG"),
      () => false,
    ),
  );
  return {
    port,
    tell,
    async end() {
      process.off("exit", kill);
      kill();
      await eventually("the sentinel ends", () => child.exitCode !== null || child.signalCode !== null);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export interface WatchedRedis {
  /** As `STATE_URL` has it. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly Sentinel[];
  /** By the word of the Sentinels. */
  primary(): Promise<RedisServer>;
  dispose(): Promise<void>;
}

/** @throws Error when `redisUnavailable` gives a reason, or it is not there within 30 s. */
export async function startWatchedRedis({ downAfterMs = 1_000 }: SentinelOptions = {}): Promise<WatchedRedis> {
  const servers = await Promise.all(Array.from({ length: 3 }, () => startRedis()));
  const [primary, ...replicas] = servers as [RedisServer, ...RedisServer[]];
  for (const replica of replicas) await replica.tell("REPLICAOF", "127.0.0.1", String(primary.port));
  const linked = async () =>
    (await Promise.all(replicas.map((one) => one.tell("INFO", "replication")))).every((text) =>
      text.includes("master_link_status:up"),
    );
  await eventually("the replicas follow", linked, 30_000);
  const begin = () => startSentinel(primary, { quorum: 2, downAfterMs });
  const sentinels = await Promise.all(Array.from({ length: 3 }, begin));
  /** Each knows the replicas and the other two: before that none is elected. */
  const ready = async () =>
    (await Promise.all(sentinels.map((one) => one.tell("SENTINEL", "MASTERS")))).every(
      (text) => /num-slaves\r\n\$\d+\r\n2\r\n/.test(text) && /num-other-sentinels\r\n\$\d+\r\n2\r\n/.test(text),
    );
  await eventually("the sentinels know all", ready, 30_000);
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${MASTER}`,
    servers,
    sentinels,
    async primary() {
      const told = await sentinels[0]?.tell("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER);
      const server = servers.find(({ port }) => told?.includes(`\r\n${port}\r\n`));
      if (!server) throw new Error(`no primary: ${told}`);
      return server;
    },
    async dispose() {
      await Promise.all([...sentinels.map((one) => one.end()), ...servers.map((one) => one.dispose())]);
    },
  };
}
