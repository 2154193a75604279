/**
 * The figures of one process: its own, and where several share a port, how those of all are come by. Who runs the
 * processes is handed an instance of Tidegate and finds them here.
 */
import type { PoolState } from "../database/port.ts";
import { type LoopDelay, platformName, processUsage, watchLoopDelay } from "../runtime.ts";
import type { Family, SentFamily } from "./family.ts";
import { writable } from "./merged.ts";
import { type KeptSeen, processMetrics } from "./process-metrics.ts";
import type { Registry } from "./registry.ts";

/** Given the figures of the process that was asked, those of all. */
export type Collect = (own: readonly Family[]) => Promise<readonly SentFamily[]>;

export interface ProcessFigures {
  /**
   * Of this process alone, as plain data; none where the platform has no processes that would be asked again. What is
   * told "since it was last asked" begins anew.
   */
  readonly own: () => readonly Family[];
  /** What `/metrics` answers with. Never rejects: where others cannot be had, {@link own}. */
  readonly all: () => Promise<readonly Family[]>;
  /** From now on. The last one counts. */
  readonly collectBy: (collect: Collect) => void;
  readonly stop: () => void;
}

export interface ProcessFiguresOptions {
  readonly registry: Pick<Registry, "families">;
  readonly pool: () => PoolState;
  readonly kept: () => KeptSeen;
  readonly logLinesDropped: () => number;
  readonly auditFailures: () => number;
  /** The application's. */
  readonly version: string;
}

export function createProcessFigures(options: ProcessFiguresOptions): ProcessFigures {
  const { registry, pool, kept, logLinesDropped, auditFailures, version } = options;
  let collect: Collect | null = null;
  /** Since somebody first wanted to know. */
  let delay: LoopDelay | null = null;
  let isStopped = false;

  const own = (): readonly Family[] => {
    const usage = processUsage();
    if (usage === null) return [];
    const families = processMetrics({
      pool: pool(),
      kept: kept(),
      usage,
      delayMs: delay?.percentileMs ?? null,
      logLinesDropped: logLinesDropped(),
      auditFailures: auditFailures(),
      version,
      runtime: platformName(),
    });
    if (!isStopped) delay ??= watchLoopDelay();
    delay?.reset();
    return [...families, ...registry.families()];
  };
  return {
    own,
    all: async () => {
      const mine = own();
      return collect ? collect(mine).then(writable, () => mine) : mine;
    },
    collectBy: (other) => {
      collect = other;
    },
    stop: () => {
      isStopped = true;
      delay?.stop();
      delay = null;
    },
  };
}

const FIGURES = new WeakMap<object, ProcessFigures>();

export const noteProcessFigures = (tide: object, figures: ProcessFigures): void => void FIGURES.set(tide, figures);

/** Of what `tidegate()` has returned; undefined for anything else. */
export const processFiguresOf = (tide: object): ProcessFigures | undefined => FIGURES.get(tide);
