/** Kept answers of one instance: what keeps them, and the two ways to ask for them, of routes and of values. */
import type { DatabaseHandles } from "../../guard/database/handles.ts";
import { createKept, type Kept, type KeptOptions } from "../../kept/kept.ts";
import { type KeptValues, keptValues } from "../../kept/values.ts";
import { degradedWhen, type KeepWhen } from "../../kept/when.ts";
import { meaningOf } from "../problem.ts";
import { retryAfterSpread } from "../retry-after.ts";
import { type KeepRoute, keepRoutes } from "./keep.ts";

export interface KeepingOptions extends KeptOptions {
  readonly databaseFor: DatabaseHandles["ofRequest"];
  /** Retry hint of a failure that names none. */
  readonly defaultRetryAfterMs: number;
}

export interface Keeping {
  readonly kept: Kept;
  readonly keepRoute: KeepRoute;
  readonly keptValue: KeptValues;
}

export function createKeeping({ databaseFor, defaultRetryAfterMs, ...options }: KeepingOptions): Keeping {
  const { runtime, log } = options;
  const kept = createKept(options);
  const parts = {
    kept,
    degradedWhen: (when: KeepWhen | undefined) => degradedWhen((error) => meaningOf(error, defaultRetryAfterMs), when),
    databaseFor,
    retryAfterSeconds: retryAfterSpread(runtime.random),
    runtime,
    log,
  };
  return { kept, keepRoute: keepRoutes(parts), keptValue: keptValues(parts) };
}
