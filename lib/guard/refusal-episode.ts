/**
 * Refusals of one gate in the log: two lines for each time in which there are some, and not one for each. A refusal costs
 * a counter. There is no timer: that an episode is over is told with the next call, a ping of health included.
 */
import { type Lane, REFUSAL_REASONS, type RefusalReason } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";

/** So long without a refusal, and an episode is over: longer than callers wait who heed their `Retry-After`. */
const QUIET_MS = 10_000;

export interface RefusalEpisodes {
  readonly refused: (lane: Lane, reason: RefusalReason) => void;
  /** A call was let in: tells that an episode is over, if one is. */
  readonly admitted: () => void;
  /** Nobody will be refused any more: what there is is told now. */
  readonly end: () => void;
}

interface Episode {
  readonly since: number;
  readonly counts: Map<RefusalReason, number>;
  lastAt: number;
}

export interface RefusalEpisodesOptions {
  readonly gate: string;
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly log: EventLog;
}

export function createRefusalEpisodes({ gate, runtime, log }: RefusalEpisodesOptions): RefusalEpisodes {
  let episode: Episode | null = null;

  const end = () => {
    if (!episode) return;
    const { since, lastAt, counts } = episode;
    episode = null;
    const reasons = REFUSAL_REASONS.filter((reason) => counts.has(reason));
    const byReason = Object.fromEntries(reasons.map((reason) => [reason, counts.get(reason)]));
    const refused = [...counts.values()].reduce((sum, count) => sum + count, 0);
    log.info("refusals.ended", { gate, refused, reasons: byReason, lasted_ms: Math.round(lastAt - since) });
  };
  const endIfOver = () => {
    if (episode && runtime.monotonicMs() >= episode.lastAt + QUIET_MS) end();
  };

  return {
    refused: (lane, reason) => {
      endIfOver();
      const now = runtime.monotonicMs();
      if (!episode) {
        episode = { since: now, lastAt: now, counts: new Map() };
        log.warn("refusals.begun", { gate, lane, reason });
      }
      episode.lastAt = now;
      episode.counts.set(reason, (episode.counts.get(reason) ?? 0) + 1);
    },
    admitted: endIfOver,
    end,
  };
}
