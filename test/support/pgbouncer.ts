/** A PgBouncer of the tests' own in transaction mode, on a free port of 127.0.0.1, before a PostgreSQL of the tests. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { PostgresServer } from "./postgres.ts";
import { postgresUser } from "./postgres-binaries.ts";
import { eventually, freePort, signalTo } from "./processes.ts";

/** Debian has it where only an administrator's PATH looks. */
const PATH = `${process.env.PATH ?? ""}:/usr/sbin`;

export interface PgBouncer {
  /** The database behind it. */
  readonly url: string;
  readonly port: number;
  /** What any other of its clients would be answered. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  /** Asks its console, such as `show pools`. */
  tell(command: string): Promise<readonly Record<string, unknown>[]>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Starts again on the same port. */
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Ends it, whatever state it is in, and removes its files. */
  dispose(): Promise<void>;
}

/** Why no PgBouncer can be started here, for a test to print when it is skipped; undefined when one can. */
export function pgbouncerUnavailable(): string | undefined {
  try {
    execFileSync("pgbouncer", ["--version"], { stdio: "ignore", env: { PATH } });
    return undefined;
  } catch {
    return "no pgbouncer on the PATH; apt-get install pgbouncer";
  }
}

/**
 * @param settings of `[pgbouncer]`, such as `{ default_pool_size: "1" }`.
 * @throws Error when {@link pgbouncerUnavailable} gives a reason, or it does not start within 10 s.
 */
export async function startPgBouncer(
  server: PostgresServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<PgBouncer> {
  const reason = pgbouncerUnavailable();
  if (reason !== undefined) throw new Error(reason);
  const { username, password } = new URL(server.url);
  const folder = mkdtempSync(join(tmpdir(), "tidegate-pgbouncer-"));
  const port = await freePort();
  const [ini, users] = [join(folder, "pgbouncer.ini"), join(folder, "users.txt")];
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: users,
    admin_users: username,
    pool_mode: "transaction",
    // Tries again soon where the server was away.
    server_login_retry: "1",
    ...settings,
  };
  writeFileSync(users, [username, "guest"].map((name) => `"${name}" "${password}"\n`).join(""));
  writeFileSync(
    ini,
    [
      "[databases]",
      `* = host=127.0.0.1 port=${server.port}`,
      "[pgbouncer]",
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
      "",
    ].join("\n"),
  );
  const user = postgresUser() ?? {};
  // It runs as somebody else, who has to be able to read them.
  for (const path of [folder, ini, users]) chownSync(path, user.uid ?? process.getuid?.() ?? 0, user.gid ?? -1);
  const url = server.url.replace(String(server.port), String(port));
  let bouncer: ChildProcess | undefined;

  const lives = (): boolean => bouncer?.exitCode === null && bouncer.signalCode === null;
  const signal = (name: NodeJS.Signals): void => {
    if (lives() && bouncer?.pid !== undefined) signalTo(bouncer.pid, name);
  };
  async function ask(database: string, text: string): Promise<readonly Record<string, unknown>[]> {
    const options = { max: 1, prepare: false, connect_timeout: 5, fetch_types: false, onnotice: () => {} };
    const client = postgres(url.replace(/[^/]*$/, database), options);
    try {
      return [...(await client.unsafe(text).simple())];
    } finally {
      await client.end({ timeout: 1 });
    }
  }
  const tell = (command: string) => ask("pgbouncer", command);
  async function start(): Promise<void> {
    let log = "";
    bouncer = spawn("pgbouncer", [ini], { cwd: folder, env: { PATH }, stdio: ["ignore", "ignore", "pipe"], ...user });
    bouncer.stderr?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
    });
    await eventually("PgBouncer starts", () =>
      tell("show version").then(
        () => true,
        () => false,
      ),
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${log}`);
    });
  }
  async function kill(): Promise<void> {
    signal("SIGKILL");
    await eventually("PgBouncer ends", () => !lives());
  }
  const endWithTests = (): void => signal("SIGKILL");
  process.once("exit", endWithTests);
  await start();

  return {
    url,
    port,
    query: (text) => ask("postgres", text),
    tell,
    start,
    kill,
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    dispose: async () => {
      process.off("exit", endWithTests);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
