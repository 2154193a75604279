/**
 * Health: one answer for everybody who asks, computed once per period for the whole fleet.
 *
 * Map of this folder: `facts` gathers, with one `ping`, and those of `dependencies`; `status` judges, `degradation`
 * says for how long, `edge` tells the log; `report` (handed on in its `report-shape`) puts the payloads together, as
 * `lib/contract` has them: `payload` and `deep-payload`, of `parts` and `resilience`; `ietf` says the same in another
 * form, and `evidence` is what a watchdog goes by. `memo` sees to it that this happens once per period, by claims
 * (`computation-claim`) that are decided in a `tier`, with ages by the `elapsed` time; it knows the `last-value`, and
 * `refresh-if-due` has it computed for who refuses callers. The `persisted-report` is for who can ask nobody.
 */
import type { Config } from "../config/types.ts";
import type { Database } from "../database/port.ts";
import type { Guard } from "../guard/guard.ts";
import type { EventLog } from "../log/events.ts";
import type { QueryFigures } from "../metrics/query-times.ts";
import { NO_RESTARTS, type RestartFacts } from "../recovery/recovery.ts";
import type { Runtime } from "../runtime.ts";
import { andThen, attempt, type MaybePromise, type Store } from "../store/port.ts";
import { createDependencies, type DependenciesOptions } from "./dependencies.ts";
import { tellEdge } from "./edge.ts";
import { elapsedClock } from "./elapsed.ts";
import { createFacts } from "./facts.ts";
import type { Memoized } from "./last-value.ts";
import { createMemo } from "./memo.ts";
import type { PersistedReport } from "./persisted-report.ts";
import { type Report, readReport, reportOn } from "./report.ts";
import { createTier } from "./tier.ts";

/** Of a reader's wait, the longest for one question to the store: it is patient, and the store may be busy. */
const ASK_SHARE = 0.25;
const LONGEST_ASK_SHARE = 0.5;

/** Who asks wants one of the two; both come from the same computation. */
export type PayloadKind = "health" | "deep";

export interface Reading {
  /** Its payloads are the same objects for as long as they are the last. */
  readonly report: Pick<Report, PayloadKind>;
  readonly ageMs: number;
  /** Older than the period: the computation under way takes too long. */
  readonly stale: boolean;
}

export interface Health {
  /** At once from the memo; else never longer than the probe's timeout away. Never throws. */
  read(): MaybePromise<Reading>;
  /** At once where one of the last 10 s is at hand; else as {@link read}. */
  recent(): MaybePromise<Reading>;
  /**
   * For who has to refuse callers because the breaker is not closed, monitors or not: sees to it that the database is
   * asked every 5 s, by one instance of the fleet. Costs nothing while it has been; waits for nothing, and never throws.
   */
  refreshIfDue(): void;
}

export interface HealthOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly store: Store;
  /** Under which the store keeps what the fleet knows. */
  readonly key: string;
  readonly config: Config;
  readonly queries: () => QueryFigures;
  /** Gates of one's own whose dependency can be asked for. Default: there are none. */
  readonly pinged?: DependenciesOptions["pinged"];
  /** Default: there are none. */
  readonly restarts?: () => MaybePromise<RestartFacts>;
  /** Where the last known is found when it can be had from nobody else. */
  readonly persisted?: PersistedReport | undefined;
  /** Outlives the answer, where the platform can be told. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Hears when the verdict changes. */
  readonly log: EventLog;
  readonly runtime: Runtime;
}

export function createHealth(options: HealthOptions): Health {
  const { guard, database, store, key, config, queries, restarts = () => NO_RESTARTS, persisted, runtime } = options;
  const { memoTtlMs: ttlMs, probeTimeoutMs: waitMs } = config.health;
  const dependencies = createDependencies({ pinged: options.pinged ?? (() => []), runtime, log: options.log });
  const facts = createFacts({ guard, database, storeKind: store.kind, dependencies, restarts, queries, runtime });
  const elapsedMs = elapsedClock(runtime);
  const storeMs = config.store.deadlineMs ?? store.traits.deadlineMs;
  const deadlineMs = Math.min(Math.max(storeMs, waitMs * ASK_SHARE), waitMs * LONGEST_ASK_SHARE);
  const memo = createMemo<Report>({
    ttlMs,
    waitMs,
    elapsedMs,
    runtime,
    tier: createTier({ store, key, deadlineMs, reachable: guard.attached, elapsedMs, runtime }),
    sharesIo: store.traits.sharesIo,
    compute: async ({ withinMs, previous, scope }) => {
      const alone = previous === null && scope === "instance";
      const [gathered, known] = await Promise.all([facts.gather(withinMs), alone ? persisted?.read() : null]);
      const before = previous ?? known ?? null;
      const report = reportOn(gathered, before, scope, config);
      tellEdge(options.log, before?.value ?? null, report);
      if (gathered.ping.status !== "unknown") persisted?.write(report);
      return report;
    },
    encode: JSON.stringify,
    decode: readReport,
  });

  const known = ({ value, ageMs, stale }: Memoized<Report>): Reading => ({ report: value, ageMs, stale });
  const reading = (memoized: Memoized<Report> | null): MaybePromise<Reading> =>
    memoized ? known(memoized) : recalled();
  async function recalled(): Promise<Reading> {
    const last = await persisted?.read();
    if (last) return known(last);
    return { report: reportOn(await facts.unasked(), null, "instance", config), ageMs: 0, stale: false };
  }
  return {
    read: () => andThen(memo.read(), reading),
    recent: () => andThen(memo.recent(), reading),
    refreshIfDue: () => {
      const begun = memo.refreshIfDue();
      // Outside of a request there may be nobody to tell.
      if (begun)
        attempt(
          () => options.waitUntil?.(begun),
          () => {},
        );
    },
  };
}
