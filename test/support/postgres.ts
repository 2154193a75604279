/**
 * A PostgreSQL server of the tests' own: a private cluster in a temporary folder, on a free port of 127.0.0.1, that can
 * be stopped, killed, frozen and brought back.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import postgres from "postgres";
import { postgresBinaries, postgresUnavailable, postgresUser } from "./postgres-binaries.ts";
import { eventually, freePort, processTree, signalTo } from "./processes.ts";

export { postgresUnavailable } from "./postgres-binaries.ts";

const USER = "tidegate";
const PASSWORD = "tide-secret";

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** As a superuser, on a connection of its own that is closed again. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Shuts down as an administrator would: running statements are ended. */
  stop(): Promise<void>;
  /** Begins to shut down as soon as nobody is connected any more, and lets nobody in until then. */
  stopWhenIdle(): void;
  /**
   * Starts again on the same port with the same files.
   *
   * @param isUp when it counts as started. By default: when it answers a superuser.
   */
  start(isUp?: () => Promise<boolean>): Promise<void>;
  /** Makes it a standby of nobody at the next start: it recovers for ever, and if `hot` answers what only reads. */
  makeStandby(hot: boolean): void;
  /** `kill -9` of the whole server. */
  kill(): Promise<void>;
  /** Freezes every process of the server. */
  pause(): void;
  resume(): void;
  /** Ends the server, whatever state it is in, and removes its files. */
  dispose(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Server settings, such as `{ max_connections: "5" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Checks passwords (SCRAM) instead of trusting everyone. */
  readonly password?: boolean;
  /** Hears each line of the server's log. */
  readonly onLog?: (line: string) => void;
}

/** @throws Error when {@link postgresUnavailable} gives a reason, or the server does not start within 20 s. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = postgresBinaries();
  const user = postgresUser();
  if (bin === undefined || user === undefined) throw new Error(postgresUnavailable());
  const folder = mkdtempSync(join(tmpdir(), "tidegate-pg-"));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, PASSWORD);
  for (const path of [folder, passwordFile]) chownSync(path, user.uid ?? process.getuid?.() ?? 0, user.gid ?? -1);
  const files = join(folder, "db");
  await promisify(execFile)(
    join(bin, "initdb"),
    [
      "-D",
      files,
      "-U",
      USER,
      "-N",
      "-E",
      "UTF8",
      "--locale=C",
      "-A",
      options.password ? "scram-sha-256" : "trust",
    ].concat("--pwfile", passwordFile),
    { cwd: folder, ...user },
  );
  const port = await freePort();
  const url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
  const settings = { fsync: "off", full_page_writes: "off", unix_socket_directories: folder, ...options.settings };
  let server: ChildProcess | undefined;

  async function query(text: string): Promise<readonly Record<string, unknown>[]> {
    const sql = postgres(url, { max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} });
    try {
      return [...(await sql.unsafe(text))];
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
  const answers = (): Promise<boolean> =>
    query("select 1").then(
      () => true,
      () => false,
    );
  async function start(isUp = answers): Promise<void> {
    let log = "";
    await eventually(
      "PostgreSQL starts",
      async () => {
        if (server === undefined || server.exitCode !== null || server.signalCode !== null) {
          // Again after a kill -9: the shared memory of the old one is released a moment later.
          const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
          const args = ["-D", files, "-p", String(port), "-h", "127.0.0.1", ...flags];
          server = spawn(join(bin ?? "", "postgres"), args, {
            cwd: folder,
            stdio: ["ignore", "ignore", "pipe"],
            ...user,
          });
          server.stderr?.on("data", (chunk: Buffer) => {
            log = (log + chunk.toString()).slice(-4_000);
          });
          if (server.stderr && options.onLog) createInterface(server.stderr).on("line", options.onLog);
        }
        return isUp();
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${log}`);
    });
  }
  const pid = (): number | undefined =>
    server?.exitCode === null && server.signalCode === null ? server.pid : undefined;
  const signalTree = (signal: NodeJS.Signals): void => {
    const root = pid();
    if (root !== undefined) for (const each of processTree(root)) signalTo(each, signal);
  };
  const gone = (): Promise<boolean> => eventually("PostgreSQL ends", () => pid() === undefined, 20_000);
  const endWithTests = (): void => signalTree("SIGKILL");
  process.once("exit", endWithTests);
  await start();

  return {
    url,
    port,
    query,
    start,
    stop: async () => {
      const root = pid();
      if (root !== undefined) signalTo(root, "SIGINT");
      await gone();
    },
    stopWhenIdle: () => {
      const root = pid();
      if (root !== undefined) signalTo(root, "SIGTERM");
    },
    makeStandby: (hot) => {
      writeFileSync(join(files, "standby.signal"), "");
      appendFileSync(join(files, "postgresql.conf"), `\nhot_standby = ${hot ? "on" : "off"}\n`);
    },
    kill: async () => {
      signalTree("SIGKILL");
      await gone();
    },
    pause: () => signalTree("SIGSTOP"),
    resume: () => signalTree("SIGCONT"),
    dispose: async () => {
      process.off("exit", endWithTests);
      signalTree("SIGKILL");
      await gone();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
