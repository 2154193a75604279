/** The shared gate's losing and returning: one line in the log for each edge, and a try every half second in between. */
import type { Log } from "../../log/port.ts";
import type { Runtime, Timer } from "../../runtime.ts";

const TRY_AGAIN_MS = 500;

export interface Absence {
  readonly away: () => boolean;
  /** A batch sent at `sentAt` came to nothing. @returns Whether that is news: what was sent before the last edge is none. */
  readonly failed: (error: unknown, sentAt: number) => boolean;
  /** A batch sent at `sentAt` was answered. @returns Whether that is news. */
  readonly answered: (sentAt: number) => boolean;
  /** Tries at once where a try is due: for platforms whose timers stand still between requests. */
  readonly tryIfDue: () => void;
  readonly stop: () => void;
}

/** @param attempt Sends a batch; its fate is told by `failed` or `answered`. */
export function createAbsence(runtime: Runtime, log: Log, gate: string, attempt: () => void): Absence {
  let since: number | null = null;
  let backAt = Number.NEGATIVE_INFINITY;
  let timer: Timer | null = null;
  let dueAt = 0;
  let stopped = false;

  const cancel = () => {
    if (timer !== null) runtime.clearTimer(timer);
    timer = null;
  };
  const retry = () => {
    cancel();
    if (since !== null && !stopped) attempt();
  };
  return {
    away: () => since !== null,
    failed: (error, sentAt) => {
      if (since === null && sentAt < backAt) return false;
      const news = since === null;
      since ??= runtime.monotonicMs();
      if (timer === null && !stopped) {
        dueAt = runtime.monotonicMs() + TRY_AGAIN_MS;
        timer = runtime.setTimer(retry, TRY_AGAIN_MS);
      }
      if (news) log.warn("store.away", { gate, error });
      return news;
    },
    answered: (sentAt) => {
      if (since === null || sentAt <= since) return false;
      backAt = runtime.monotonicMs();
      const awayMs = Math.round(backAt - since);
      since = null;
      cancel();
      log.info("store.back", { gate, away_ms: awayMs });
      return true;
    },
    tryIfDue: () => {
      if (timer !== null && runtime.monotonicMs() >= dueAt) retry();
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
