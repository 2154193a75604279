/** An application under the supervisor, whose workers can be made to fail. The environment says how; files, when. */
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Hono } from "hono";
import { type TidegateEnv, tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { nodeHook, serve, supervise, supervisorOf } from "tidegate/node";
import { memory } from "tidegate/stores/memory";
import { redis } from "tidegate/stores/redis";
import { fakeDatabase } from "tidegate/testing";

const { WORKERS, BROKEN, START_WITHIN_MS, DRAIN_MS, STALL_MS, STATE_URL } = process.env;
// One client asks for everybody.
const config = readConfig({ RATE_LIMIT_PER_MINUTE: "0", ...process.env });
const say = (event: string, fields: object = {}) => console.log(JSON.stringify({ event, pid: process.pid, ...fields }));

const storeOf = () => (STATE_URL ? redis(STATE_URL) : memory());

async function work() {
  // While this file is there, workers do not come up: they end, or they hang.
  if (BROKEN && existsSync(BROKEN)) process.exit(3);
  if (BROKEN && existsSync(`${BROKEN}.hanging`)) await setTimeout(600_000);
  const database = fakeDatabase(() => [{ one: 1 }]);
  const tide = tidegate({ database, store: storeOf(), config, restart: nodeHook(process) ?? undefined });
  const above = supervisorOf(process);
  above?.onReloaded((result) => say("told", { result }));
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .onError(tide.onError)
    .get("/pid", (c) => c.text(`${process.pid}`))
    .get("/row", async (c) => c.json({ pid: process.pid, rows: await c.var.db.query`select 1 as one` }))
    .get("/slow/:ms", async (c) => {
      say("slow.begun");
      await setTimeout(Number(c.req.param("ms")));
      return c.text(`${process.pid}`);
    })
    .get("/busy/:ms", (c) => {
      const end = performance.now() + Number(c.req.param("ms"));
      while (performance.now() < end);
      return c.text(`${process.pid}`);
    })
    .post("/stall", () => {
      say("stalling");
      for (;;);
    })
    .post("/crash", () => process.exit(9))
    .post("/reload", async (c) => c.json((await above?.reload({ id: "asked", reason: "a request" })) ?? null))
    .get("/report", async (c) => c.json((await above?.report()) ?? null))
    .route("/", tide.routes());
  return serve(app, { tide });
}

const running = await supervise(work, {
  config,
  workers: WORKERS === undefined ? null : Number(WORKERS),
  ...(START_WITHIN_MS ? { startWithinMs: Number(START_WITHIN_MS) } : {}),
  ...(DRAIN_MS ? { drainMs: Number(DRAIN_MS) } : {}),
  ...(STALL_MS ? { stallMs: Number(STALL_MS) } : {}),
  onStall: (worker) => say("stall", { worker }),
  ledger: async () => ({ store: storeOf() }),
});
if (running.role === "supervisor") {
  const { supervisor } = running;
  say("up", { url: running.url, workers: supervisor.workers() });
  // Tests reach the supervisor's own calls by signals, which have no words.
  process.on("SIGUSR2", async () => {
    const [first] = supervisor.workers();
    say("replaced", {
      first: first?.pid,
      result: await supervisor.replace(first?.pid ?? 0),
      second: await supervisor.replace(1),
    });
  });
}
