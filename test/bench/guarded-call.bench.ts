/** A guarded call in process, beside what a user would pick instead: cockatiel's breaker, bulkhead and timeout. */
import { bulkhead, circuitBreaker, handleAll, SamplingBreaker, TimeoutStrategy, timeout, wrap } from "cockatiel";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { openInstance } from "./instance.ts";
import { measure, print } from "./measure.ts";

const config = readConfig({});
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function benchGuardedCall(): Promise<void> {
  const policy = wrap(
    circuitBreaker(handleAll, {
      halfOpenAfter: config.breaker.recoveryTimeoutMs,
      breaker: new SamplingBreaker({ threshold: config.breaker.failureRatio, duration: config.breaker.windowMs }),
    }),
    bulkhead(config.gate.capacity.request, config.admission.maxWaiting),
    timeout(config.pool.callTimeoutMs, TimeoutStrategy.Aggressive),
  );
  const { guard } = openInstance(memory(), "{bench}");
  const query = async () => 1;
  print(
    "A guarded call in process, memory store (below cockatiel)",
    await measure([
      { name: "cockatiel: breaker + bulkhead + timeout", run: () => policy.execute(query) },
      { name: "tidegate: guard.run", run: () => guard.run(query) },
    ]),
  );

  const tide = tidegate({ database: fakeDatabase(async () => []), store: memory(), config, log: SILENT });
  const named = tide.gate("billing", { capacity: 30 });
  print(
    "Through a gate of one's own (within 5 %)",
    await measure([
      { name: "tide.run", run: () => tide.run(query) },
      { name: 'tide.gate("billing").run', run: () => named.run(query) },
      { name: "acquire and dispose", run: async () => (await tide.acquire()).dispose() },
    ]),
  );

  const open = openInstance(memory(), "{bench}").guard;
  const command = { mode: "force_open", ttlMs: 3_600_000, opId: "bench", expectedVersion: null } as const;
  await open.operate({ ...command, actor: "bench", reason: "bench" });
  const full = openInstance(memory(), "{bench}", {
    DB_POOL_SIZE: "1",
    DB_MAX_OVERFLOW: "0",
    DB_MAX_WAITING: "1",
  }).guard;
  let letGo = () => {};
  const runs = full.run(() => new Promise<void>((resolve) => (letGo = resolve)));
  const waits = full.run(query);
  const refusedBy = (by: typeof guard) => () => by.run(query).catch(() => {});
  print(
    "Refusing instead of calling (at most 0.5x)",
    await measure([
      { name: "a guarded call", run: () => guard.run(query) },
      { name: "a call refused by an open breaker", run: refusedBy(open) },
      { name: "a call refused because the line is full", run: refusedBy(full) },
    ]),
  );
  // Its lease is long over, since these loops let no timer in: who waits would wait for one.
  full.close();
  letGo();
  await Promise.allSettled([runs, waits]);
}
