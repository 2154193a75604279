/** What it costs to be seen: the same calls unseen, with OpenTelemetry's API alone, and with its SDK, which exports to memory. */
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import type { DatabaseAdapter } from "../../lib/database/port.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { median } from "./measure.ts";

const ROUNDS = 24;
const CONNECTIONS = 10;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Ask = () => Promise<unknown>;
type Application = ReturnType<typeof applicationOver>;

function applicationOver(database: DatabaseAdapter, isSeen: boolean) {
  const config = readConfig({ DB_POOL_SIZE: String(CONNECTIONS), DB_MAX_OVERFLOW: "0", RATE_LIMIT_PER_MINUTE: "0" });
  const telemetry = isSeen ? openTelemetry() : undefined;
  const tide = tidegate({ database, store: memory(), config, log: SILENT, telemetry });
  const app = new Hono<TidegateEnv>()
    .use(tide.middleware())
    .get("/orders/:id", async (c) => c.json(await c.var.db.query`select ${c.req.param("id")}::text as id`));
  return {
    run: () => tide.run(async () => 1),
    query: () => tide.db.query`select ${"17"}::text as id`,
    statement: () => tide.db.query`select pg_sleep(0.002)`,
    request: async () => (await app.request("/orders/17")).text(),
    close: () => tide.close(),
  };
}

/** Made once, and registered for a round at a time. */
function sdk() {
  const exporter = new InMemorySpanExporter();
  // As the SDK has it by default, but with room for all spans of a round: those that are dropped would cost nothing.
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 1_000_000 });
  const tracers = new TracerProvider({ spanProcessors: [processor] });
  const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: figures })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  return {
    register: () => {
      trace.setGlobalTracerProvider(tracers);
      metrics.setGlobalMeterProvider(meters);
      context.setGlobalContextManager(contexts);
      propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    },
    unregister: async () => {
      await processor.forceFlush();
      exporter.reset();
      figures.reset();
      for (const api of [trace, metrics, propagation]) api.disable();
      context.disable();
      contexts.enable();
    },
    stop: async () => void (await Promise.all([tracers.shutdown(), meters.shutdown()])),
  };
}

interface Cost {
  /** Of this process, in microseconds of one call. */
  readonly processor: number;
  /** With all connections busy: the database's own share is in it. */
  readonly wall: number;
}

async function costOf(ask: Ask, calls: number): Promise<Cost> {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await ask();
  };
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / calls, wall: ((performance.now() - startedAt) * 1_000) / calls };
}

/** Of two candidates, in percent: the first one's cost over the second one's. */
function percentOf(pairs: readonly (readonly [Cost, Cost])[]): string {
  const ratio = (kind: keyof Cost) => (median(pairs.map(([one, other]) => one[kind] / other[kind])) * 100).toFixed(1);
  return `${ratio("processor")} % (by the clock ${ratio("wall")} %)`;
}

interface Compared {
  readonly name: string;
  readonly calls: number;
  readonly ask: (application: Application) => Ask;
}

async function compare(title: string, open: () => DatabaseAdapter, compared: readonly Compared[]): Promise<void> {
  const unseen = applicationOver(open(), false);
  const seen = applicationOver(open(), true);
  const { register, unregister, stop } = sdk();
  console.log(`\n${title}`);
  for (const { name, calls, ask } of compared) {
    const withApi: (readonly [Cost, Cost])[] = [];
    const withSdk: (readonly [Cost, Cost])[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const without = await costOf(ask(unseen), calls);
      const api = await costOf(ask(seen), calls);
      register();
      const sdk = await costOf(ask(seen), calls);
      await unregister();
      if (round === 0) continue;
      withApi.push([without, api]);
      withSdk.push([without, sdk]);
    }
    const base = median(withApi.map(([{ processor }]) => processor)).toFixed(1);
    console.log(`  ${name.padEnd(30)} ${base.padStart(6)} us   API ${percentOf(withApi)}   SDK ${percentOf(withSdk)}`);
  }
  await Promise.all([unseen.close(), seen.close(), stop()]);
}

const RUN: Compared = { name: "tide.run", calls: 20_000, ask: ({ run }) => run };
const QUERY: Compared = { name: "db.query", calls: 2_000, ask: ({ query }) => query };
/** As long as statements take that do something; with all connections busy the clock is what counts. */
const STATEMENT: Compared = { name: "db.query of 2 ms", calls: 400, ask: ({ statement }) => statement };
const REQUEST: Compared = { name: "a request with one statement", calls: 1_000, ask: ({ request }) => request };

export async function benchTelemetry(): Promise<void> {
  await compare(
    "Seen by OpenTelemetry, of the rate without it (API alone 98 %, SDK 90 %); nothing but Tidegate",
    () => fakeDatabase(() => []),
    [RUN, { ...QUERY, calls: 10_000 }, REQUEST],
  );
  const unavailable = postgresUnavailable();
  if (unavailable) return console.log(`\nThe same over PostgreSQL: not measured, ${unavailable}`);
  const server = await startPostgres();
  try {
    await compare("The same over PostgreSQL", () => postgres(server.url), [QUERY, STATEMENT, REQUEST]);
  } finally {
    await server.stop();
  }
}
