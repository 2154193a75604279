/** One of `examples/` as somebody tries it: in an empty folder, with the packed package, against a PostgreSQL of its own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { eventually, freePort, processTree, signalTo } from "../support/processes.ts";
import { ROOT } from "./packed.ts";

const BIN = join(ROOT, "node_modules/.bin");
const TOKEN = "a-token-that-is-long-enough-to-pass";
const NOT_COPIED = /(?:^|\/)(?:node_modules|\.next|\.wrangler|generated|[^/]+\.tgz)(?:\/|$)/;

export type Environment = Readonly<Record<string, string>>;

/** What differs from `npm ci`, `npm run build` if there is one, `npm start` with the environment. */
export interface ExampleOptions {
  /**
   * For platforms that do not tell a handler that its caller has left before there was an answer: a call is given so many
   * milliseconds, and then its statement is gone.
   */
  readonly deafForMs?: number;
  /** Tests of it alone, when all others have run. */
  readonly more?: (scene: () => ExampleScene) => void;
  /** What its start is told beyond that, for platforms that have no environment. */
  readonly args?: (port: number, settings: Environment) => readonly string[];
  /** The address of the database, by the name that its platform has for it. */
  readonly databaseVariable?: string;
}

/** An example that runs. */
export interface Started {
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** What is running, and what waits, by the instance's own account; undefined where it cannot tell now. */
  held(): Promise<number | undefined>;
  /** Ends it as a platform does, and says how it ended. */
  end(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly output: () => string;
}

export interface ExampleScene {
  readonly server: PostgresServer;
  readonly folder: string;
  /** @param probe What is asked until it answers well. */
  started(env?: Environment, probe?: string): Promise<Started>;
  /** Statements of the example that run at the server. */
  running(): Promise<number>;
  /** Its connections there. */
  connections(): Promise<number>;
  /** @throws Error with what is wrong with its types. */
  typed(): Promise<void>;
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

const SETTINGS: Environment = {
  LOG_LEVEL: "warn",
  LOG_FORMAT: "json",
  ADMIN_TOKENS: `kim:${TOKEN}`,
  SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB",
  DB_POOL_SIZE: "2",
  DB_MAX_OVERFLOW: "0",
  DB_SLOW_MAX_CONCURRENT: "1",
  // Longer than a busy machine stands still, since who waits that long is refused.
  DB_POOL_TIMEOUT: "3",
  HEALTH_MEMO_TTL_SECONDS: "0",
};

/** Of nothing but what a fresh machine has, and a current Node. */
const machine = () => ({
  PATH: `${BIN}${delimiter}${process.env.PATH ?? ""}`,
  HOME: process.env.HOME ?? tmpdir(),
  CI: "1",
  NO_COLOR: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  CHECKPOINT_DISABLE: "1",
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
});

export async function exampleScene(
  name: string,
  { args = () => [], databaseVariable = "DATABASE_URL" }: ExampleOptions = {},
): Promise<ExampleScene> {
  const folder = mkdtempSync(join(tmpdir(), `tidegate-example-${name}-`));
  cpSync(join(ROOT, "examples", name), folder, { recursive: true, filter: (path) => !NOT_COPIED.test(within(path)) });
  const tarball = inject("tarball");
  copyFileSync(tarball, join(folder, basename(tarball)));
  const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const run = async (command: string, ...given: string[]) => {
    // What npm needs here to reach a registry is this machine's own.
    const { NODE_ENV: _ofTests, ...inherited } = process.env;
    const env = { ...inherited, ...machine() };
    const { stdout } = await promisify(execFile)(command, given, { cwd: folder, env, maxBuffer: 16_000_000 }).catch(
      ({ message, stdout: out }: Error & { readonly stdout?: string }) => {
        throw new Error(`${message}\n${out ?? ""}`);
      },
    );
    return stdout;
  };
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await run("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund");
    await run("npm", "run", "build", "--if-present");
  } catch (error) {
    remove();
    throw error;
  }

  const server = await startPostgres();
  await server.query("create table orders (id int primary key, customer text not null)");
  await server.query("insert into orders values (1, 'ada')");
  const count = async (where: string) => {
    const [row] = await server.query(
      `select count(*)::int as n from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid() and ${where}`,
    );
    return Number(row?.n);
  };
  const ends = new Set<() => Promise<unknown>>();
  const clear = async () => {
    server.resume();
    for (const end of ends) await end();
  };

  return {
    server,
    folder,
    clear,
    typed: async () => {
      await run(process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json");
    },
    running: () => count("state <> 'idle'"),
    connections: () => count("true"),
    started: async (given = {}, probe = "/health/live") => {
      const port = await freePort();
      const settings = { ...SETTINGS, ...given };
      const env = { ...machine(), ...settings, PORT: String(port), HOST: "127.0.0.1", [databaseVariable]: server.url };
      const command = [scripts.start, ...args(port, settings)].join(" ");
      const path = `${join(folder, "node_modules/.bin")}${delimiter}${env.PATH}`;
      const child = spawn("sh", ["-c", command], { cwd: folder, env: { ...env, PATH: path }, stdio: "pipe" });
      const started = startedOf(child, `http://127.0.0.1:${port}`);
      const end = async () => {
        ends.delete(end);
        return started.end();
      };
      ends.add(end);
      await eventually(
        `${name} starts`,
        async () => {
          if (child.exitCode !== null) throw new Error(`${name} has ended at its start:\n${started.output()}`);
          return started.ask(probe).then(
            ({ ok }) => ok,
            () => false,
          );
        },
        60_000,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${started.output()}`);
      });
      return { ...started, end };
    },
    dispose: async () => {
      await clear();
      await server.dispose();
      remove();
    },
  };
}

/** Below `examples/`, where the folders above may have any name. */
const within = (path: string): string => path.slice(join(ROOT, "examples").length);

function startedOf(child: ChildProcess, url: string): Started {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8_000);
    });
  }
  const ended = new Promise<Awaited<ReturnType<Started["end"]>>>((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal })),
  );
  const ask: Started["ask"] = (path, init) => fetch(`${url}${path}`, init);
  return {
    ask,
    output: () => output,
    held: async () => {
      const answer = await ask("/admin/api/system-status", { headers: { Authorization: `Bearer ${TOKEN}` } });
      if (!answer.ok) return undefined;
      const { gates } = (await answer.json()).data;
      const lanes: readonly { held: number; waiting: number }[] = Object.values(gates.main.lanes);
      return lanes.reduce((sum, { held, waiting }) => sum + held + waiting, 0);
    },
    end: async () => {
      const all = child.pid === undefined ? [] : processTree(child.pid);
      child.kill("SIGTERM");
      const late = setTimeout(() => {
        for (const pid of all) signalTo(pid, "SIGKILL");
      }, 20_000);
      const how = await ended;
      clearTimeout(late);
      return how;
    },
  };
}
