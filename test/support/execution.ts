/**
 * Conditions under which the tests run statements: generous by default, each of them replaceable. An embedded database
 * that starts beside other tests on two cores can take half a minute.
 */
import type { DatabaseSettings, Execution } from "../../lib/database/port.ts";
import type { Runtime } from "../../lib/runtime.ts";

export const SETTINGS: DatabaseSettings = {
  poolSize: 2,
  maxOverflow: 1,
  poolRecycleMs: 1_800_000,
  connectTimeoutMs: 5_000,
  callTimeoutMs: 10_000,
  slowCallTimeoutMs: 30_000,
  slowMaxConcurrent: 1,
  healthPoolSize: 1,
  pooler: "none",
  applicationName: "tidegate-test",
};

/** `connectWithinMs` and `startWithinMs` count from now. */
export interface Conditions {
  readonly lane?: Execution["lane"];
  readonly deadlineMs?: number;
  readonly connectWithinMs?: number;
  readonly startWithinMs?: number;
  readonly signal?: AbortSignal;
}

export function execution(runtime: Pick<Runtime, "monotonicMs">, conditions: Conditions = {}): Execution {
  const now = runtime.monotonicMs();
  return {
    lane: conditions.lane ?? "request",
    deadlineMs: conditions.deadlineMs ?? 10_000,
    connectBy: now + (conditions.connectWithinMs ?? 60_000),
    startBy: now + (conditions.startWithinMs ?? 65_000),
    signal: conditions.signal ?? new AbortController().signal,
  };
}
