/** Real workerd with a worker of the tests' own: bundled as for deployment, served on a free port of 127.0.0.1. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Miniflare } from "miniflare";

export interface Workerd {
  readonly url: string;
  /** What stands in a KV namespace, by its keys. */
  kept(binding: string): Promise<Readonly<Record<string, string>>>;
  /** Ends every object and worker, and serves again, on another port, with what objects and namespaces have stored. */
  restart(): Promise<void>;
  /** What a cron trigger does. */
  schedule(): Promise<void>;
  dispose(): Promise<void>;
}

export interface WorkerdOptions {
  /** The worker's entry, from this folder; or the path of a bundle, which is taken as it is, with the files beside it. */
  readonly entry: string;
  /** Binding to the class of an object with SQLite storage, which the entry exports. */
  readonly objects?: Readonly<Record<string, string>>;
  /** Bindings of KV namespaces. */
  readonly namespaces?: readonly string[];
  /** Binding to a PostgreSQL. The platform's own pools are not here: what is sent there arrives at that database. */
  readonly hyperdrives?: Readonly<Record<string, string>>;
  /** Binding to a limit of so many a minute, as Cloudflare counts them where a request arrives. */
  readonly rateLimits?: Readonly<Record<string, number>>;
  /** Variables and secrets. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Objects write to a disk, and wait for it. */
  readonly onDisk?: boolean;
}

/** There are types of the platform nowhere. */
interface KvNamespace {
  list(): Promise<{ readonly keys: readonly { readonly name: string }[] }>;
  get(key: string): Promise<string | null>;
}

/** Waiting for a disk takes most of a commit's time, and what it guarantees is not ours to test. */
const MEMORY_FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const COMPATIBILITY_DATE = "2026-07-30";

/** Why workerd cannot run here; undefined where it can. */
export function workerdUnavailable(): string | undefined {
  try {
    const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
    execFileSync(fromMiniflare("workerd").default, ["--version"], { stdio: "ignore" });
    return undefined;
  } catch (error) {
    return `workerd does not start: ${String(error).split("\n")[0]}`;
  }
}

/** @throws Error when {@link workerdUnavailable} gives a reason, or the entry cannot be bundled. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { entry, objects = {}, hyperdrives = {}, variables = {}, onDisk = false } = options;
  const reason = workerdUnavailable();
  if (reason !== undefined) throw new Error(reason);
  // It must ask nobody about the world: no metrics, no request for the `cf` object.
  Object.assign(process.env, { CI: "1", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" });
  const [modules, { Miniflare }] = await Promise.all([modulesOf(entry), import("miniflare")]);
  const folder = mkdtempSync(join(onDisk ? tmpdir() : MEMORY_FOLDER, "tidegate-workerd-"));
  const durableObjects = Object.fromEntries(
    Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
  );
  const ratelimits = Object.fromEntries(
    Object.entries(options.rateLimits ?? {}).map(([name, limit]) => [
      name,
      { namespace_id: name, simple: { limit, period: 60 as const } },
    ]),
  );
  let server: Miniflare;
  let url = "";
  async function start(): Promise<void> {
    server = new Miniflare({
      modules,
      compatibilityDate: COMPATIBILITY_DATE,
      // postgres.js needs Node's buffers and events there.
      compatibilityFlags: ["nodejs_compat"],
      bindings: variables,
      ratelimits,
      kvNamespaces: [...(options.namespaces ?? [])],
      hyperdrives,
      durableObjects,
      durableObjectsPersist: join(folder, "objects"),
      kvPersist: join(folder, "namespaces"),
      // Straight to the worker: miniflare's own in front of it would take half of the time.
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    });
    await server.ready;
    url = (await server.unsafeGetDirectURL()).href;
  }
  await start();
  return {
    get url() {
      return url;
    },
    async kept(binding) {
      const namespace = (await server.getKVNamespace(binding)) as unknown as KvNamespace;
      const { keys } = await namespace.list();
      const entries = keys.map(async ({ name }) => [name, (await namespace.get(name)) ?? ""] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
    async restart() {
      await server.dispose();
      await start();
    },
    async schedule() {
      const worker = (await server.getWorker()) as unknown as { scheduled(event: { cron: string }): Promise<unknown> };
      await worker.scheduled({ cron: "* * * * *" });
    },
    async dispose() {
      await server.dispose();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Module {
  readonly type: "ESModule";
  readonly path: string;
  readonly contents: string;
}

/** The entry's first, which is the one that serves. */
async function modulesOf(entry: string): Promise<Module[]> {
  if (!entry.endsWith(".js")) return [{ type: "ESModule", path: "worker.mjs", contents: await bundle(entry) }];
  const folder = dirname(entry);
  const beside = (await readdir(folder)).filter((file) => file.endsWith(".js") && file !== basename(entry));
  const files = [basename(entry), ...beside];
  return Promise.all(
    files.map(async (path) => ({ type: "ESModule", path, contents: await readFile(join(folder, path), "utf8") })),
  );
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    // As wrangler has it, for packages without `exports`.
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
  });
  return outputFiles[0]?.text ?? "";
}
