/** Memos of several instances on one store in virtual time, whose computations end when a test says so. */
import { elapsedClock } from "../../lib/health/elapsed.ts";
import type { Memoized } from "../../lib/health/last-value.ts";
import { type Computation, createMemo } from "../../lib/health/memo.ts";
import { createTier } from "../../lib/health/tier.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store } from "../../lib/store/port.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";

export const KEY = "{tidegate:test:main}";

export interface Under extends Computation<number> {
  readonly instance: number;
  readonly startedAt: number;
  readonly resolve: (value: number) => void;
  readonly reject: (error: unknown) => void;
}

export interface Instance {
  readonly read: () => Promise<Memoized<number> | null>;
  readonly refreshIfDue: () => Promise<void> | null;
  /** Its way to the store: open, ending in errors, swallowing everything, or known to be closed. */
  way: "open" | "failing" | "silent" | "closed";
  /** How often it asked the store. */
  asked: number;
}

export interface MemoFleet {
  readonly runtime: ManualRuntime;
  readonly store: Store;
  /** In the order in which they began. */
  readonly computations: Under[];
  readonly instance: () => Instance;
}

export interface MemoFleetOptions {
  readonly ttlMs?: number;
  readonly sharesIo?: boolean;
  readonly runtime?: ManualRuntime;
  readonly store?: Store;
}

/** They wait 800 ms for a computation, and 200 ms for the store. */
export function memoFleet(options: MemoFleetOptions = {}): MemoFleet {
  const { ttlMs = 5_000, sharesIo = true, runtime = manualRuntime() } = options;
  const { store = memory().open(runtime) } = options;
  const computations: Under[] = [];
  let instances = 0;

  const instance = (): Instance => {
    const number = instances++;
    const elapsedMs = elapsedClock(runtime);
    const transact: Store["transact"] = (machine, key, batch) => {
      own.asked += 1;
      if (own.way === "failing") return Promise.reject(new Error("the store is away"));
      return own.way === "silent" ? new Promise(() => {}) : store.transact(machine, key, batch);
    };
    const tier = createTier({
      store: { transact },
      key: KEY,
      deadlineMs: 200,
      reachable: () => own.way !== "closed",
      elapsedMs,
      runtime,
    });
    const compute = (computation: Computation<number>) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      computations.push({ ...computation, instance: number, startedAt: runtime.monotonicMs(), resolve, reject });
      return promise;
    };
    const decode = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : null);
    const memo = createMemo({
      ttlMs,
      waitMs: 800,
      tier,
      sharesIo,
      compute,
      encode: String,
      decode,
      elapsedMs,
      runtime,
    });
    const own: Instance = { read: async () => memo.read(), refreshIfDue: memo.refreshIfDue, way: "open", asked: 0 };
    return own;
  };
  return { runtime, store, computations, instance };
}
