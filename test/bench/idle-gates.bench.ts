/** A thousand gates of their own that nobody calls any more: what they cost an instance, and its Redis. */
import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "../../lib/config.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { startRedis } from "../support/redis.ts";

const GATES = 900;
/** What is compiled and remembered of the code is no gate's. */
const WARM = 100;
/** As long as a lease is kept after the last call, and some looks at who is at rest. */
const TO_REST_MS = 8_000;
const RESTED_MS = 10_000;

export async function benchIdleGates(): Promise<void> {
  const server = await startRedis();
  const store = redis(server.url);
  let messages = 0;
  let subscriptions = 0;
  const counted: typeof store = {
    ...store,
    open: (runtime) => {
      const opened = store.open(runtime);
      return {
        ...opened,
        transact: (machine, key, message) => {
          messages += 1;
          return opened.transact(machine, key, message);
        },
        onPush: (...given) => {
          subscriptions += 1;
          return opened.onPush(...given);
        },
      };
    },
  };
  const config = readConfig({ LOG_LEVEL: "error" });
  const tide = tidegate({ database: fakeDatabase(async () => []), store: counted, config });
  const call = async (from: number, count: number) => {
    for (let n = from; n < from + count; n++) await tide.gate(`tenant-${n}`, { capacity: 5 }).run(() => n);
    await pause(TO_REST_MS);
  };
  try {
    await call(0, WARM);
    const before = await heapBytes();
    await call(WARM, GATES);
    const after = await heapBytes();
    const sent = messages;
    await pause(RESTED_MS);
    console.log(`\n${GATES} gates at rest, Redis (at most 1 KB each, no message, one subscription)`);
    console.log(`  ${Math.round((after - before) / GATES)} bytes each in the instance`);
    console.log(`  ${messages - sent} messages in ${RESTED_MS / 1_000} s, ${subscriptions} subscription`);
  } finally {
    await tide.close();
    await server.dispose();
  }
}

/** What a single collection leaves is not yet what is held. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 6; round++) {
    globalThis.gc?.();
    await pause(20);
  }
  return process.memoryUsage().heapUsed;
}
