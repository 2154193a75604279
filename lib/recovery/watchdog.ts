/**
 * The watchdog: looks, and asks for a restart where that would help. What it saw is shared, and so is the decision: any
 * number of them make one restart.
 */
import type { EventLog } from "../log/events.ts";
import type { Tracing } from "../telemetry/port.ts";
import { traced } from "../telemetry/span.ts";
import type { Evidence } from "./ledger/types.ts";
import type { RecommendationAction, RecommendationLevel, RecommendationReason } from "./recommendation.ts";
import type { RestartAnswer, Restarts } from "./restarts.ts";

/** As the health payload has it. */
export interface Advice {
  /** How much is to be done. */
  readonly level: RecommendationLevel;
  /** What is to be done. */
  readonly action: RecommendationAction;
  /** Why, for programs. */
  readonly reason: RecommendationReason;
  /** Why, as a sentence for people. */
  readonly message: string;
  /** ISO-8601 UTC; null where nothing is scheduled. */
  readonly next_action_at: string | null;
}

export interface Sight {
  readonly recommendation: Advice;
  /** Null where nothing speaks for a restart. */
  readonly evidence: Evidence | null;
}

/** What one look of the watchdog came to. */
export interface TickReport {
  /** What it found to be done; null where it could not look, or did not. */
  readonly recommendation: Advice | null;
  /**
   * `off`: `WATCHDOG_ENABLED` is false. `idle`: nothing to do. `overlapped`: another tick of this instance is under way.
   * `blind`: it could not look.
   */
  readonly outcome:
    | "off"
    | "idle"
    | "overlapped"
    | "blind"
    | "accepted"
    | "failed"
    | "refused"
    | "repeated"
    | "key_reused"
    | "unavailable";
  /** Why nothing was restarted, where it would have been. */
  readonly because: string | null;
}

export interface WatchdogOptions {
  readonly enabled: boolean;
  readonly look: () => Promise<Sight>;
  readonly restarts: Restarts;
  /** Default: there are no traces. */
  readonly tracing?: Tracing | null | undefined;
  readonly log: EventLog;
}

export interface Watchdog {
  /** One look, and what follows from it. Never rejects. Does nothing twice, however often and from wherever it is called. */
  tick(): Promise<TickReport>;
}

/** Of an order that no person gave. */
export const BY_ITSELF = {
  source: "auto",
  actor: "watchdog",
  login: null,
  ip: null,
  userAgent: null,
  requestId: null,
  override: null,
  idempotency: null,
} as const;

export function createWatchdog({ enabled, look, restarts, tracing = null, log }: WatchdogOptions): Watchdog {
  let ticking = false;

  const act = async (): Promise<TickReport> => {
    const sight = await look().catch((error: unknown) => log.warn("watchdog.blind", { error }));
    if (!sight) return { recommendation: null, outcome: "blind", because: null };
    const { recommendation, evidence } = sight;
    if (recommendation.level !== "recover") return { recommendation, outcome: "idle", because: null };
    const answer = await restarts.request({
      ...BY_ITSELF,
      target: null,
      // Of an instance of an older release, the reason is the sentence.
      reason: recommendation.message ?? recommendation.reason,
      evidence,
    });
    const because = becauseOf(answer);
    if (answer.kind !== "refused") log.warn("watchdog.acted", { outcome: answer.kind, because });
    return { recommendation, outcome: answer.kind, because };
  };

  return {
    tick: async () => {
      if (!enabled) return { recommendation: null, outcome: "off", because: null };
      if (ticking) return { recommendation: null, outcome: "overlapped", because: null };
      ticking = true;
      try {
        return await traced(tracing, "tidegate.watchdog", { root: true }, async (span) => {
          const report = await act();
          span?.set({ "tidegate.watchdog.outcome": report.outcome });
          return report;
        });
      } finally {
        ticking = false;
      }
    },
  };
}

function becauseOf(answer: RestartAnswer): string | null {
  if (answer.kind === "refused") return answer.because;
  if (answer.kind === "failed") return answer.error;
  return answer.kind === "unavailable" ? answer.missing : null;
}
