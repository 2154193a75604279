/** What health is judged by: gathered from the gate, the pool, the restarts and one ping, in one go. */

import type { Database, PoolState } from "../database/port.ts";
import type { GateView } from "../gate/renewal.ts";
import type { Guard } from "../guard/guard.ts";
import type { QueryFigures } from "../metrics/query-times.ts";
import { NO_RESTARTS, type RestartFacts } from "../recovery/recovery.ts";
import type { Runtime } from "../runtime.ts";
import type { MaybePromise, StoreKind } from "../store/port.ts";
import { withDeadline } from "../time.ts";
import type { Dependencies, DependencyPings } from "./dependencies.ts";
import { type Ping, pingDatabase, UNKNOWN } from "./ping.ts";

/** Of the time there is, so that the verdict on a hanging database still arrives within it. */
const PING_SHARE = 0.9;

export interface HealthFacts {
  /** Wall clock of the instance that gathered them. */
  readonly at: number;
  readonly ping: Ping;
  /** What was last known of it while the store is away; null where nothing was said in time. */
  readonly gate: GateView | null;
  readonly storeReachable: boolean;
  readonly storeKind: StoreKind;
  /** How long the gate took to say so; null where it did not. */
  readonly storeLatencyMs: number | null;
  readonly pool: PoolState;
  readonly dependencies: DependencyPings;
  readonly restarts: RestartFacts;
  readonly queries: QueryFigures;
}

export interface FactsOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly storeKind: StoreKind;
  readonly dependencies: Dependencies;
  readonly restarts: () => MaybePromise<RestartFacts>;
  readonly queries: () => QueryFigures;
  readonly runtime: Runtime;
}

export interface Facts {
  /** @param withinMs Longest that it may take. */
  readonly gather: (withinMs: number) => Promise<HealthFacts>;
  /** What can be said without asking the database, and without waiting for the store. */
  readonly unasked: () => Promise<HealthFacts>;
}

type Pings = Pick<HealthFacts, "ping" | "dependencies">;

export function createFacts(options: FactsOptions): Facts {
  const { guard, database, storeKind, dependencies, restarts, queries, runtime } = options;
  const facts = async (pings: Pings, withinMs: number): Promise<HealthFacts> => {
    const startedAt = runtime.monotonicMs();
    const view = orNull(runtime, withinMs, () => guard.view()).then((gate) => ({
      gate,
      storeLatencyMs: gate && Math.round(runtime.monotonicMs() - startedAt),
    }));
    const [seen, restarted] = await Promise.all([view, orNull(runtime, withinMs, restarts)]);
    return {
      ...seen,
      ...pings,
      at: runtime.wallMs(),
      storeReachable: seen.gate !== null && guard.attached(),
      storeKind,
      pool: database.pool(),
      restarts: restarted ?? NO_RESTARTS,
      queries: queries(),
    };
  };

  return {
    gather: async (withinMs) => {
      const startedAt = runtime.monotonicMs();
      const pingTimeoutMs = Math.ceil(withinMs * PING_SHARE);
      const [ping, others] = await Promise.all([
        pingDatabase({ guard, database, timeoutMs: withinMs, pingTimeoutMs, runtime }),
        dependencies.ask(pingTimeoutMs),
      ]);
      // After the ping, so that what is said of the breaker is not older than what is said of the database.
      // A process that stood still meanwhile has not asked the store too late for that.
      const leftMs = Math.max(withinMs * (1 - PING_SHARE), startedAt + withinMs - runtime.monotonicMs());
      return facts({ ping, dependencies: others }, leftMs);
    },
    unasked: () => facts({ ping: UNKNOWN, dependencies: dependencies.unasked() }, 0),
  };
}

/** Null where it is not said in time, or not at all. */
function orNull<Value>(runtime: Runtime, ms: number, ask: () => MaybePromise<Value>): Promise<Value | null> {
  const said = async (): Promise<Value> => ask();
  return withDeadline(said(), { ms, runtime, refuse: () => null }).catch(() => null);
}
