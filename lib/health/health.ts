/**
 * Health: one answer for everybody who asks.
 *
 * Map of this folder: `facts` gathers, `status` judges, `payload` writes it down, `memo` sees to it that this happens
 * once per period.
 */
import type { Config } from "../config/types.ts";
import type { Database } from "../database/port.ts";
import type { Guard } from "../guard/guard.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import { createFacts } from "./facts.ts";
import { createMemo } from "./memo.ts";
import { type HealthPayload, healthPayload } from "./payload.ts";

/** Of the time a reader waits, so that the verdict on a hanging database still arrives within it. */
const PING_SHARE = 0.9;

export interface Health {
  /** The payload with its age. Never throws, and is never longer than the probe's timeout away. */
  read(): Promise<HealthPayload>;
}

export interface HealthOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly storeKind: Store["kind"];
  readonly config: Config;
  readonly runtime: Runtime;
}

export function createHealth({ guard, database, storeKind, config, runtime }: HealthOptions): Health {
  const { memoTtlMs, probeTimeoutMs: timeoutMs } = config.health;
  const pingTimeoutMs = Math.ceil(timeoutMs * PING_SHARE);
  const facts = createFacts({ guard, database, storeKind, timeoutMs, pingTimeoutMs, runtime });
  const compute = async () => healthPayload(await facts.gather(), config);
  const read = createMemo({ ttlMs: memoTtlMs, waitMs: timeoutMs, compute, runtime });

  return {
    read: async () => {
      const memoized = await read();
      if (!memoized) return { ...healthPayload(await facts.unasked(), config), age_ms: 0 };
      return { ...memoized.value, age_ms: memoized.ageMs, ...(memoized.stale && { stale: true }) };
    },
  };
}
