/** Each bundle on its runtime, alone in a folder, in front of a real PostgreSQL. */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../infra/bundles/bundle.ts";
import { because } from "../support/because.ts";
import { type Bundles, buildBundles, type Server, startServer } from "../support/bundles.ts";
import { WANTS_NEW } from "../support/demo.ts";
import { denoBinary, denoUnavailable } from "../support/deno.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually, freePort } from "../support/processes.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { asked, REPORT, scheduled } from "./handlers.ts";

const unavailable = postgresUnavailable();

let bundles: Bundles;
let postgres: PostgresServer | undefined;
const stops: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  bundles = await buildBundles();
  if (unavailable) return;
  postgres = await startPostgres();
  await seedServer(postgres.url, 50);
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await postgres?.dispose();
  bundles?.remove();
});
const database = () => ({ DATABASE_URL: postgres?.url ?? "", LOG_LEVEL: "warn" });

async function started(server: Promise<Server>): Promise<Server> {
  const running = await server;
  stops.push(running.stop);
  return running;
}
async function reports(url: string): Promise<void> {
  const response = await fetch(new URL(REPORT, url));
  expect(await response.json()).toMatchObject({ success: true, data: [{ lots: expect.any(Number) }] });
  expect(await (await fetch(new URL("/health", url))).json()).toMatchObject({ status: "healthy" });
}

const nodeBundle = async (env: Record<string, string>) => {
  const [port, cwd] = [await freePort(), bundles.of("node").folder];
  const url = `http://127.0.0.1:${port}/`;
  return started(startServer([process.execPath, "index.js"], { cwd, env: { ...env, PORT: String(port) }, url }));
};
const denoBundle = async (env: Record<string, string>) => {
  const [port, cwd] = [await freePort(), bundles.of("deno").folder];
  const listen = ["--host", "127.0.0.1", "--port", String(port)];
  const may = ["--allow-net", "--allow-env", "--unstable-no-legacy-abort", "--quiet", "--no-prompt"];
  return started(
    startServer([denoBinary() ?? "deno", "serve", ...listen, ...may, "index.js"], {
      cwd,
      env: { DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(cwd, ".deno"), ...env },
      url: `http://127.0.0.1:${port}/`,
    }),
  );
};

describe.skipIf(unavailable)(`with a PostgreSQL${because(unavailable)}`, () => {
  /** Told to end while a report is under way. */
  async function endsWell(server: Server): Promise<void> {
    await reports(server.url);
    const locked = postgres?.query("begin; lock table fab.lots in access exclusive mode; select pg_sleep(1.5); commit");
    await eventually("the lock is held", () => found("mode = 'AccessExclusiveLock' and granted"));
    const report = fetch(new URL(REPORT, server.url), WANTS_NEW);
    await eventually("the report waits for it", () => found("not granted"));
    const stopped = server.stop();
    expect((await report).status).toBe(200);
    expect(await stopped).toBe(0);
    await locked;
  }
  const found = async (lock: string) =>
    (await postgres?.query(`select 1 from pg_locks where relation = 'fab.lots'::regclass and ${lock}`))?.length === 1;

  it("Node serves the reports, and ends when it is told to, once it has answered", async () => {
    await endsWell(await nodeBundle(database()));
  });

  it.skipIf(denoUnavailable())(`Deno does so as well${because(denoUnavailable())}`, async () => {
    await endsWell(await denoBundle(database()));
  });

  it.skipIf(denoUnavailable())(
    `Deno serves the sources as docs/demo.md says${because(denoUnavailable())}`,
    async () => {
      const page = readFileSync(join(ROOT, "docs/demo.md"), "utf8");
      const commands = [...page.matchAll(/^npx deno (serve .* functions\/deno\.ts)$/gm)];
      expect(commands).toHaveLength(2);
      const port = await freePort();
      // The second of them has a database.
      const args = (commands[1]?.[1] ?? "").replace(/--port \d+/, `--port ${port}`).split(" ");
      const env = { ...database(), DENO_NO_UPDATE_CHECK: "1", DENO_DIR: join(bundles.of("deno").folder, ".sources") };
      const url = `http://127.0.0.1:${port}/`;
      await reports((await started(startServer([denoBinary() ?? "", ...args], { cwd: ROOT, env, url }))).url);
    },
  );

  it.skipIf(workerdUnavailable())(`Workers serve the reports${because(workerdUnavailable())}`, async () => {
    const worker: Workerd = await startWorkerd({
      entry: join(bundles.of("worker").folder, "index.js"),
      objects: { TIDEGATE: "TidegateObject" },
      hyperdrives: { HYPERDRIVE: postgres?.url ?? "" },
      rateLimits: { RATE_LIMITER: 600 },
      namespaces: ["HEALTH"],
      variables: { STATE_URL: "durable-object:", LOG_LEVEL: "warn" },
    });
    stops.push(() => worker.dispose());
    await reports(worker.url);
    const [kept = ""] = Object.values(await eventually("health is kept", () => somethingIn(worker)));
    expect(JSON.parse(JSON.parse(kept).report)).toMatchObject({ health: { status: "healthy" } });
  });

  it.each([
    ["vercel", "vercel"],
    ["netlify", "netlify"],
    ["lambda", "lambda"],
    ["lambda", "streaming"],
  ])("the handler for %s answers with a report (%s)", async (name, way) => {
    const answer = await asHandler(name, database(), way);
    // Of the keeping of its answer, where the platform can be told.
    const told = name === "lambda" ? 0 : 1;
    expect(answer).toEqual({ status: 200, limit: '"default";q=600;w=60', success: true, rows: 1, told });
  });

  it.each(["vercel", "netlify"])("%s is told to wait for what is asked of the store", async (name) => {
    // Away, which takes nothing from the answer.
    const answer = await asHandler(name, { ...database(), STATE_URL: "redis://127.0.0.1:1" });
    expect(answer).toMatchObject({ status: 200, rows: 1 });
    expect((answer as { readonly told: number }).told).toBeGreaterThan(1);
  });
});

async function somethingIn(worker: Workerd): Promise<Readonly<Record<string, string>> | undefined> {
  const kept = await worker.kept("HEALTH");
  return Object.keys(kept).length > 0 ? kept : undefined;
}

const asHandler = (name: string, env: Record<string, string>, way = name) => asked(bundles.of(name).folder, way, env);

it.each([
  ["handler", false],
  ["streaming", true],
])("an event that is no request is a look of the watchdog (%s of lambda)", async (way, ended) => {
  let looks = 0;
  const database = createServer((socket) => {
    looks++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => database.listen(0, "127.0.0.1", resolve));
  const { port } = database.address() as AddressInfo;
  const env = {
    DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none`,
    WATCHDOG_ENABLED: "true",
    LOG_LEVEL: "error",
  };
  try {
    expect(await scheduled(bundles.of("lambda").folder, way, env)).toEqual({ ended });
    expect(looks).toBeGreaterThan(0);
  } finally {
    database.close();
  }
});

describe("an environment that cannot be used", () => {
  const WRONG = { DATABASE_URL: "mysql://app:a-secret-password@db/fab", STATE_URL: "durable-object:" };
  const message = "The configuration of this instance cannot be used: DATABASE_URL.";

  it.each(["vercel", "netlify", "lambda"])("is answered by %s with the names of its variables", async (name) => {
    const answer = await asHandler(name, WRONG);
    expect(answer).toMatchObject({ status: 503, success: false, error: { code: "SERVICE_UNAVAILABLE", message } });
  });

  it.skipIf(workerdUnavailable())(
    `is answered by Workers, for what they lack as well${because(workerdUnavailable())}`,
    async () => {
      const variables = { DATABASE_URL: "oracle://app:a-secret-password@db:1521/fab", STATE_URL: "redis://store" };
      const worker = await startWorkerd({ entry: join(bundles.of("worker").folder, "index.js"), variables });
      stops.push(() => worker.dispose());
      const response = await fetch(new URL(REPORT, worker.url));
      const text = await response.text();
      expect([response.status, response.headers.has("retry-after")]).toEqual([503, true]);
      expect(text).toContain("cannot be used: DATABASE_URL, STATE_URL.");
      expect(text).not.toContain("a-secret-password");
      const health = await fetch(new URL("/health", worker.url));
      expect([health.status, await health.json()]).toMatchObject([
        503,
        { status: "unhealthy", degraded_reason: "configuration_invalid", runtime_contract: { valid: false } },
      ]);
      expect((await fetch(new URL("/health/live", worker.url))).status).toBe(200);
    },
  );
});
