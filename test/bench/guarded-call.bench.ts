/** A guarded call in process, beside what a user would pick instead: cockatiel's breaker, bulkhead and timeout. */
import { bulkhead, circuitBreaker, handleAll, SamplingBreaker, TimeoutStrategy, timeout, wrap } from "cockatiel";
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import { measure, print } from "./measure.ts";

const config = readConfig({});

function newGuard(): Guard {
  const runtime = systemRuntime();
  const store = memory().open(runtime);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const about = { runtime: "bench", region: "", version: "0", startedAt: 0 };
  return createGuard({
    name: "main",
    store,
    key: "main",
    rules: guardRules(config, store.traits),
    about,
    runtime,
    log,
  });
}

export async function benchGuardedCall(): Promise<void> {
  const policy = wrap(
    circuitBreaker(handleAll, {
      halfOpenAfter: config.breaker.recoveryTimeoutMs,
      breaker: new SamplingBreaker({ threshold: config.breaker.failureRatio, duration: config.breaker.windowMs }),
    }),
    bulkhead(config.gate.capacity.request, config.admission.maxWaiting),
    timeout(config.pool.callTimeoutMs, TimeoutStrategy.Aggressive),
  );
  const guard = newGuard();
  const query = async () => 1;
  print(
    "A guarded call in process, memory store",
    await measure([
      { name: "cockatiel: breaker + bulkhead + timeout", run: () => policy.execute(query) },
      { name: "tidegate: guard.run", run: () => guard.run(query) },
    ]),
  );

  const open = newGuard();
  const command = { mode: "force_open", ttlMs: 3_600_000, opId: "bench", expectedVersion: null } as const;
  await open.operate({ ...command, actor: "bench", reason: "bench" });
  const refused = () => open.run(query).catch(() => {});
  print(
    "Refusing instead of calling",
    await measure([
      { name: "a guarded call", run: () => guard.run(query) },
      { name: "a call refused by an open breaker", run: refused },
    ]),
  );
}
