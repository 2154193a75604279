/** A Redis of the tests' own on a free port of 127.0.0.1 that can be stopped, killed, frozen and brought back. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePort, signalTo } from "./processes.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** One command on a connection of its own, answered as redis-server writes it. */
  tell(...command: string[]): Promise<string>;
  /** Shuts down as an administrator would. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Starts again on the same port with the files it left, if it keeps any. */
  start(): Promise<void>;
  /** `kill -9`, and back without anything it had. */
  restartEmpty(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends the server, whatever state it is in, and removes its files. */
  dispose(): Promise<void>;
}

export interface RedisServerOptions {
  /** Keeps every write in a file at once. */
  readonly appendonly?: boolean;
  /** Server settings, such as `{ maxmemory: "2mb" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** What is started: another program may stand in its place, such as `valkey-server`. */
export const REDIS_PROGRAM = process.env.TIDEGATE_REDIS_PROGRAM ?? "redis-server";

/** Why no Redis can be started here; undefined where one can. */
export function redisUnavailable(): string | undefined {
  try {
    execFileSync(REDIS_PROGRAM, ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return `no ${REDIS_PROGRAM} on the PATH; apt-get install redis-server`;
  }
}

/** @throws Error when {@link redisUnavailable} gives a reason, or the server does not start within 10 s. */
export async function startRedis({ appendonly = false, settings = {} }: RedisServerOptions = {}): Promise<RedisServer> {
  const reason = redisUnavailable();
  if (reason !== undefined) throw new Error(reason);
  const folder = mkdtempSync(join(tmpdir(), "tidegate-redis-"));
  const port = await freePort();
  const files = appendonly ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  let server: ChildProcess | undefined;

  const lives = (): boolean => server?.exitCode === null && server.signalCode === null;
  const signal = (name: NodeJS.Signals): void => {
    if (lives() && server?.pid !== undefined) signalTo(server.pid, name);
  };
  const tell = (...command: string[]): Promise<string> => askRedis(port, command, { password: settings.requirepass });
  const gone = () => eventually("Redis ends", () => !lives());
  async function start(): Promise<void> {
    server = spawn(REDIS_PROGRAM, [...where, ...files, ...flags], { stdio: "ignore" });
    const answers = () =>
      tell("PING").then(
        (answer) => answer.startsWith("+PONG"),
        () => false,
      );
    await eventually("Redis starts", answers);
  }
  async function kill(): Promise<void> {
    signal("SIGKILL");
    await gone();
  }
  const endWithTests = (): void => signal("SIGKILL");
  process.once("exit", endWithTests);
  await start();

  return {
    url: `redis://${settings.requirepass ? `:${settings.requirepass}@` : ""}127.0.0.1:${port}`,
    port,
    tell,
    start,
    kill,
    stop: async () => {
      signal("SIGTERM");
      await gone();
    },
    restartEmpty: async () => {
      await kill();
      for (const left of ["appendonlydir", "dump.rdb"]) rmSync(join(folder, left), { recursive: true, force: true });
      await start();
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    dispose: async () => {
      process.off("exit", endWithTests);
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface AskOptions {
  readonly password?: string | undefined;
  /** Default: true. A Sentinel knows no QUIT. */
  readonly quits?: boolean;
}

/** Enough of the protocol for short commands of tests: on a connection of its own, answered as the server writes it. */
export function askRedis(
  port: number,
  command: readonly string[],
  { password, quits = true }: AskOptions = {},
): Promise<string> {
  const line = (parts: readonly string[]) =>
    `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(2_000, () => socket.destroy(new Error(`redis ${command[0]}: no answer within 2 s`)));
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(password === undefined ? answer : answer.replace(/^\+OK\r\n/, "")));
    const asked = (password === undefined ? "" : line(["AUTH", password])) + line(command);
    if (quits) socket.write(asked + line(["QUIT"]));
    else socket.end(asked);
  });
}
