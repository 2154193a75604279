/** What a scrape of `/metrics` costs, near and far from its store, and what measuring costs each guarded call. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { createGuard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { createShared } from "../../lib/guard/shared.ts";
import { createRegistry } from "../../lib/metrics/registry.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import type { Instruments } from "../../lib/telemetry/port.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { distantProxy } from "../support/tcp.ts";
import { pause } from "./instance.ts";
import { measure, median, percentile, print } from "./measure.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const SCRAPES = 40;
const DISTANCE_MS = 20;

export async function benchScrape(): Promise<void> {
  console.log("\nA scrape (wanted: at most 20 ms at 1,000 series; one round trip to the store)");
  for (const gates of [1, 7, 100]) await scrapes(memory(), gates, "memory store");
  const reason = redisUnavailable();
  if (reason === undefined) {
    const server = await startRedis();
    const proxy = await distantProxy(server.port, DISTANCE_MS);
    for (const gates of [1, 7, 100]) {
      await scrapes(redis(`redis://127.0.0.1:${proxy.port}`), gates, `Redis ${DISTANCE_MS} ms away`);
    }
    await proxy.close();
    await server.dispose();
  } else console.log(`  Redis: not measured, ${reason}`);
  await measuredCalls();
}

async function scrapes(store: StoreAdapter, gates: number, where: string): Promise<void> {
  const config = readConfig({ METRICS_PUBLIC: "true", STATE_NAMESPACE: `bench-${gates}` });
  const tide = tidegate({ database: fakeDatabase(async () => []), store, config, log: SILENT });
  const app = new Hono().use(tide.middleware()).route("/", tide.routes());
  const names = Array.from({ length: gates - 1 }, (_, at) => `g-${at}`);
  const call = () => Promise.all([tide.run(() => {}), ...names.map((name) => tide.gate(name).run(() => {}))]);
  await call();
  const times: number[] = [];
  let text = "";
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    await call();
    await pause(50);
    // Whoever looks at health does so more often than who scrapes.
    if (scrape % 10 === 0) await app.request("/health");
    const startedAt = performance.now();
    text = await (await app.request("/metrics")).text();
    if (scrape > 2) times.push(performance.now() - startedAt);
  }
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
  const what = `${where}, ${gates} gates, ${series} series`.padEnd(50);
  console.log(`  ${what} p50 ${median(times).toFixed(1)} ms   p90 ${percentile(times, 0.9).toFixed(1)} ms`);
  await tide.close();
}

async function measuredCalls(): Promise<void> {
  const runtime = systemRuntime();
  const guardBy = (meters: Instruments | undefined) => {
    const store = memory().open(runtime);
    const rules = guardRules(readConfig({}), store.traits);
    const about = { runtime: "bench", region: "", version: "0", startedAt: 0 };
    const shared = createShared({ store, runtime, log: SILENT, meters });
    return createGuard({ name: "main", store, key: "{bench}", rules, about, runtime, log: SILENT, shared });
  };
  const [plain, counted] = [guardBy(undefined), guardBy(createRegistry({ runtime, tracing: null, meters: null }))];
  const query = async () => 1;
  print(
    "A guarded call that is measured (wanted: at most 1.02x)",
    await measure(
      [
        { name: "no meters", run: () => plain.run(query) },
        { name: "in histograms", run: () => counted.run(query) },
      ],
      { rounds: 60, runsPerRound: 20_000 },
    ),
  );
}
