/** The soft restart, seen from an instance: a higher epoch than the one it began with means to begin anew. */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { LedgerView } from "./ledger/types.ts";

export interface EpochOptions {
  /** Asks the ledger, whose answer is then `heard`. */
  readonly look: () => Promise<unknown>;
  /** Longest that a raise stays unseen by an instance that is used, in milliseconds. */
  readonly everyMs: number;
  /** The fleet does not begin anew in one moment, but spread over this time. */
  readonly spreadMs: number;
  readonly renew: () => Promise<void>;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface EpochWatch {
  /** Looks where the last look is long enough ago; costs nothing else. To be called at every request. */
  checkIfDue(): void;
  /** To be told of every view of the ledger. */
  heard(view: LedgerView): void;
  stop(): void;
}

export function watchEpoch({ look, everyMs, spreadMs, renew, runtime, log }: EpochOptions): EpochWatch {
  let seen: { readonly life: number; readonly epoch: number } | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let pending: unknown = null;

  const heard = ({ life, epoch, raised }: LedgerView) => {
    // A ledger that lost its data has other numbers: only what was raised since then is news.
    const isNews = seen !== null && (seen.life === life ? epoch > seen.epoch : raised);
    seen = { life, epoch };
    if (!isNews || pending !== null) return;
    const delayMs = Math.floor(runtime.random() * spreadMs);
    log.info("epoch.raised", { epoch, renew_in_ms: delayMs });
    pending = runtime.setTimer(() => {
      pending = null;
      renew().catch((error: unknown) => log.error("renewal.failed", { error }));
    }, delayMs);
  };

  return {
    heard,
    checkIfDue: () => {
      const now = runtime.monotonicMs();
      if (now - lookedAt < everyMs) return;
      lookedAt = now;
      // The store's trouble is told by the gate, which asks it far more often.
      look().catch(() => {});
    },
    stop: () => {
      if (pending !== null) runtime.clearTimer(pending);
    },
  };
}
