/** What a process writes: lines of JSON and nothing else, whatever happens. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { because } from "../support/because.ts";
import { type Demo, launchDemo, startDemo } from "../support/demo.ts";
import { denoBinary, denoUnavailable } from "../support/deno.ts";
import { freePort, signalTo } from "../support/processes.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";

let demo: Demo | undefined;
afterEach(() => demo?.stop());

/** Of both streams. Fails for a line that is no JSON. */
const linesOf = (output: string) =>
  output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly event: string; readonly level: string } & Record<string, unknown>);

/** The same of an output that may end in the middle of a line. */
const whole = (output: string) => linesOf(output.slice(0, output.lastIndexOf("\n") + 1));

const PATIENCE = { timeout: 60_000 };

async function printed(env: Record<string, string>) {
  const child = spawn(process.execPath, ["--conditions=tidegate-source", "test/support/printing.ts"], {
    env: { PATH: process.env.PATH ?? "", CRON_SECRET: "a-secret-of-cron-1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { out, error, code: child.exitCode };
}

describe("with LOG_FORMAT=json", () => {
  it("console, warnings of Node and an error that nobody catches are lines, without secrets", async () => {
    const { out, error, code } = await printed({ LOG_FORMAT: "json" });
    expect(error).toBe("");
    expect(code).toBe(1);
    expect(out).not.toContain("a-secret-of-cron-1");
    const lines = linesOf(out);
    expect(lines).toMatchObject([
      { event: "console.printed", level: "info", text: "a handler says hello { to: 'you' }" },
      { event: "console.printed", level: "error", text: expect.stringContaining("a library failed with ***") },
      { event: "process.warning", level: "warn", error: { code: "DEP0999", message: "this is old" } },
      { event: "process.warning", error: { name: "MaxListenersExceededWarning" } },
      {
        event: "process.failed",
        level: "error",
        origin: "unhandledRejection",
        error: { name: "TypeError", stack: expect.stringContaining("printing.ts") },
      },
    ]);
  });

  it("a start that fails is a line with each variable", async () => {
    demo = launchDemo({ DB_POOL_SIZE: "many", STATE_URL: "kafka://h", APP_ENV: "production" }, await freePort());
    await demo.ended();
    expect(linesOf(demo.output())).toMatchObject([
      {
        event: "app.failed",
        level: "error",
        faults: [{ variable: "DB_POOL_SIZE", found: '"many"' }, { variable: "STATE_URL" }],
      },
    ]);
  });

  it("so is a port that is taken", async () => {
    demo = await startDemo({ DATABASE_URL: "postgres://127.0.0.1:1/fab" });
    const second = launchDemo({ DATABASE_URL: "postgres://127.0.0.1:1/fab" }, Number(new URL(demo.url).port));
    expect(await second.ended()).not.toBe(0);
    const failed = linesOf(second.output()).filter(({ event }) => event === "app.failed");
    expect(failed).toMatchObject([{ error: { message: expect.stringContaining("EADDRINUSE") } }]);
  });

  it("a life from its start to its end is lines, with pid and instance", async () => {
    demo = await startDemo({ DATABASE_URL: "postgres://127.0.0.1:1/fab" });
    expect((await demo.get("/health")).body.status).toBe("unhealthy");
    expect(await demo.stop()).toBe(0);
    const lines = linesOf(demo.output());
    const instance = lines.find(({ event }) => event === "app.started")?.instance;
    for (const event of ["app.started", "health.changed", "shutdown.begun", "shutdown.ended"])
      expect(lines.filter((line) => line.event === event)).toMatchObject([{ pid: demo.process.pid, instance }]);
  });
});

/** In every process that it is handed to: what a library and Node may write at any time. */
const NOISE = `setTimeout(() => { console.error("noise"); process.emitWarning("old", "DeprecationWarning"); }, 500)`;

describe.skipIf(redisUnavailable())(`supervised, with LOG_FORMAT=json${because(redisUnavailable())}`, () => {
  const SUPERVISED = { LOG_FORMAT: "json", WEB_CONCURRENCY: "2", DATABASE_URL: "postgres://127.0.0.1:1/fab" };
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.dispose());

  it("a life from its start to its end is lines, of which each says whose it is", async () => {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(NOISE)}`;
    demo = launchDemo({ ...SUPERVISED, STATE_URL: redis.url, NODE_OPTIONS }, await freePort());
    const of = (event: string) => whole(demo?.output() ?? "").filter((line) => line.event === event);
    await expect.poll(() => of("process.warning").length, PATIENCE).toBe(3);
    await expect.poll(() => of("supervisor.started").length, PATIENCE).toBe(1);
    const [fallen] = of("app.started").map(({ pid }) => Number(pid));
    signalTo(fallen ?? 0, "SIGKILL");
    await expect.poll(() => of("worker.ready").length, PATIENCE).toBe(3);
    expect(await demo.stop()).toBe(0);
    const supervisor = { pid: demo.process.pid };
    const lines = linesOf(demo.output());
    for (const event of ["supervisor.started", "supervisor.stopping", "supervisor.stopped"])
      expect(lines.filter((line) => line.event === event)).toMatchObject([supervisor]);
    expect(of("worker.fell")).toMatchObject([{ ...supervisor, worker_pid: fallen, because: "was ended by SIGKILL" }]);
    const workers = of("app.started");
    expect(
      of("worker.ready")
        .map((line) => line.worker_pid)
        .sort(),
    ).toEqual(workers.map(({ pid }) => pid).sort());
    expect(new Set(workers.map(({ instance }) => instance)).size).toBe(3);
    expect(of("shutdown.ended")).toHaveLength(2);
    expect(lines.filter(({ pid }) => typeof pid !== "number")).toEqual([]);
  });

  it("so is a start that fails in the workers", async () => {
    const taken = await startDemo({ LOG_FORMAT: "json", DATABASE_URL: "postgres://127.0.0.1:1/fab" });
    demo = launchDemo({ ...SUPERVISED, STATE_URL: redis.url }, Number(new URL(taken.url).port));
    expect(await demo.ended()).not.toBe(0);
    await taken.stop();
    const failed = linesOf(demo.output()).filter(({ event }) => event === "app.failed");
    expect(JSON.stringify(failed)).toContain("EADDRINUSE");
  });
});

describe.skipIf(denoUnavailable())(`on Deno, with LOG_FORMAT=json${because(denoUnavailable())}`, () => {
  /** Ends it once it has written that, or, where nothing is said, once it answers. */
  async function served(entry: string, env: Record<string, string>, until?: RegExp) {
    const may = ["--allow-net", "--allow-env", "--allow-read", "--allow-sys"];
    const source = ["--node-modules-dir=manual", "--conditions=tidegate-source", "--cached-only"];
    const port = await freePort();
    const where = ["--host", "127.0.0.1", "--port", String(port)];
    const child = spawn(denoBinary() ?? "", ["serve", "--quiet", "--no-prompt", ...may, ...source, ...where, entry], {
      env: { PATH: process.env.PATH ?? "", HOME: tmpdir(), DENO_NO_UPDATE_CHECK: "1", LOG_FORMAT: "json", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
    const ended = once(child, "close");
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(async () => (until ? until.test(output) : await answers()), PATIENCE).toBe(true);
    child.kill("SIGTERM");
    await ended;
    return { lines: linesOf(output), code: child.exitCode };
  }
  const ENV = { DATABASE_URL: "postgres://127.0.0.1:1/fab", STATE_URL: "memory:", APP_ENV: "testing" };

  it("console, warnings and an error that nobody catches are lines", async () => {
    const { lines, code } = await served("test/support/deno-trouble.ts", ENV, /process\.failed/);
    expect(lines).toMatchObject([
      { event: "app.started", platform: "Deno", pid: expect.any(Number), instance: expect.any(String) },
      { event: "console.printed", level: "warn", text: "a library says hello" },
      { event: "process.warning", error: { code: "DEP0999", message: "this is old" } },
      { event: "process.failed", level: "error", error: { name: "TypeError" }, origin: "unhandledrejection" },
    ]);
    expect(code).toBe(1);
  });

  it("so is a life from its start to its end, and a start that fails", async () => {
    const life = await served("functions/deno.ts", ENV);
    expect(life.lines.map(({ event }) => event)).toEqual(["app.started", "shutdown.begun", "shutdown.ended"]);
    const { lines } = await served("functions/deno.ts", { ...ENV, DB_POOL_SIZE: "many" }, /\n/);
    expect(lines).toMatchObject([{ event: "app.failed", faults: [{ variable: "DB_POOL_SIZE" }] }]);
  });
});

describe("for people", () => {
  it("all of it stays as it is", async () => {
    const { out, error, code } = await printed({ LOG_FORMAT: "text" });
    expect(out).toContain("a handler says hello { to: 'you' }\n");
    expect(error).toMatch(/DEP0999[\s\S]*TypeError/);
    expect(code).toBe(1);
  });

  it("the demo says what to try", async () => {
    demo = await startDemo({ LOG_FORMAT: "pretty", DATABASE_URL: "postgres://127.0.0.1:1/fab" });
    await expect.poll(() => demo?.output()).toContain("Tidegate is running (development).");
  });
});
