/**
 * What a million rows cost in memory when they are streamed, in a process of its own: `node --expose-gc
 * --conditions=tidegate-source test/bench/stream-memory.ts postgres://…`. Prints one line of JSON.
 */
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { postgres } from "tidegate/databases/postgres";
import { memory } from "tidegate/stores/memory";

const ROWS = 1_000_000;
const MB = 2 ** 20;
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const tide = tidegate({ database: postgres(process.argv[2]), store: memory(), config: readConfig({}), log: silent });

const events = (rows: number) =>
  tide.db.lane("slow").stream`
    select n, md5(n::text) as lot, now() as at, 'track_in' as type from generate_series(1, ${rows}::int) n`;

// What the driver and the engine keep once and for all is no part of it.
for await (const _ of events(20_000));
collect();
const before = process.memoryUsage();
let rows = 0;
let heapPeak = 0;
let rssPeak = 0;
const startedAt = performance.now();
for await (const _ of events(ROWS)) {
  rows += 1;
  if (rows % 100_000 !== 0) continue;
  collect();
  heapPeak = Math.max(heapPeak, process.memoryUsage().heapUsed);
  rssPeak = Math.max(rssPeak, process.memoryUsage().rss);
}
const seconds = (performance.now() - startedAt) / 1_000;
await tide.close();
console.log(
  JSON.stringify({
    rows,
    rowsPerSecond: Math.round(rows / seconds),
    heapGrowthMb: Math.round(((heapPeak - before.heapUsed) / MB) * 10) / 10,
    rssGrowthMb: Math.round((rssPeak - before.rss) / MB),
  }),
);
