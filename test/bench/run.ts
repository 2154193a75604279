/** `npm run bench [NAME…]`: figures and ratios of one run. Nothing here passes or fails. */
import { benchColdImport } from "./cold-import.bench.ts";
import { benchDenoKv } from "./deno-kv.bench.ts";
import { benchDistance } from "./distance.bench.ts";
import { benchDurableObject } from "./durable-object.bench.ts";
import { benchFacades } from "./facades.bench.ts";
import { benchFrameworks } from "./frameworks.bench.ts";
import { benchGate } from "./gate.bench.ts";
import { benchGuardedCall } from "./guarded-call.bench.ts";
import { benchHealth } from "./health.bench.ts";
import { benchIdleGates } from "./idle-gates.bench.ts";
import { benchKept } from "./kept.bench.ts";
import { benchOverload } from "./overload.bench.ts";
import { benchPooler } from "./pooler.bench.ts";
import { benchPostgres } from "./postgres.bench.ts";
import { benchRedaction } from "./redaction.bench.ts";
import { benchRedis } from "./redis.bench.ts";
import { benchRedisCalls } from "./redis-calls.bench.ts";
import { benchRedisWaiters } from "./redis-waiters.bench.ts";
import { benchScrape } from "./scrape.bench.ts";
import { benchTelemetry } from "./telemetry.bench.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  "durable-object": benchDurableObject,
  "guarded-call": benchGuardedCall,
  frameworks: benchFrameworks,
  gate: benchGate,
  "cold-import": benchColdImport,
  "deno-kv": benchDenoKv,
  distance: benchDistance,
  facades: benchFacades,
  health: benchHealth,
  "idle-gates": benchIdleGates,
  kept: benchKept,
  overload: benchOverload,
  pooler: benchPooler,
  postgres: benchPostgres,
  redaction: benchRedaction,
  redis: benchRedis,
  "redis-calls": benchRedisCalls,
  "redis-waiters": benchRedisWaiters,
  telemetry: benchTelemetry,
  scrape: benchScrape,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`bench: there is ${Object.keys(BENCHES).join(", ")}, not ${unknown.join(", ")}`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(BENCHES)) if (asked.length === 0 || asked.includes(name)) await bench();
process.exit(0);
