/** Instances of one fleet in this process, each with connections of its own, and how many batches they send. */
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store, StoreAdapter } from "../../lib/store/port.ts";

export interface Instance {
  readonly guard: Guard;
  /** Batches it has sent so far. */
  readonly batches: () => number;
  readonly close: () => Promise<void>;
}

const ABOUT = { runtime: "bench", region: "", version: "0", startedAt: 0 };
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** @param key Of the gate that they share. Resolves when the shared gate answers. */
export async function instanceOn(adapter: StoreAdapter, key: string, env: Record<string, string>): Promise<Instance> {
  const runtime = systemRuntime();
  const store = adapter.open(runtime);
  let batches = 0;
  const counted: Store = {
    ...store,
    transact: (machine, name, batch) => {
      batches += 1;
      return store.transact(machine, name, batch);
    },
  };
  const rules = guardRules(readConfig(env), store.traits);
  const guard = createGuard({ name: "main", store: counted, key, rules, about: ABOUT, runtime, log: SILENT });
  const close = async () => {
    guard.close();
    await guard.end();
    await store.close();
  };
  // The first batch brings the script, and on a busy machine can take longer than its deadline.
  for (let idle = 0; idle < 3; ) {
    await guard.run(() => {});
    await pause(20);
    idle = guard.attached() ? idle + 1 : 0;
  }
  return { guard, batches: () => batches, close };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
