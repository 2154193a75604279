/** Statements that took long, in the log: not so many that a slow database floods it. */
import type { Lane } from "../../gate/types.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";

const SECOND_MS = 1_000;
/** Told in a second; those beyond it are summed up. */
const MOST_IN_A_SECOND = 5;

export interface SlowStatementsOptions {
  /** From how many milliseconds on a statement is slow. */
  readonly slowMs: number;
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly log: EventLog;
}

export interface SlowStatements {
  readonly note: (lane: Lane, ms: number) => void;
  /** What was left out so far is told. */
  readonly end: () => void;
}

/**
 * What a statement says is told to nobody: its text may hold values. A trace that is under way leads to it. Without
 * timers, which end with their request on some platforms: a sum is told with the next slow statement.
 */
export function slowStatements({ slowMs, runtime, log }: SlowStatementsOptions): SlowStatements {
  let second = Number.NEGATIVE_INFINITY;
  let told = 0;
  let leftOut = { statements: 0, longest_ms: 0 };

  const end = () => {
    if (leftOut.statements > 0) log.warn("statement.slow_more", leftOut);
    leftOut = { statements: 0, longest_ms: 0 };
    told = 0;
  };
  const note = (lane: Lane, ms: number) => {
    if (ms < slowMs) return;
    const now = Math.floor(runtime.monotonicMs() / SECOND_MS);
    if (now !== second) end();
    second = now;
    told += 1;
    const tookMs = Math.round(ms);
    if (told > MOST_IN_A_SECOND) {
      leftOut = { statements: leftOut.statements + 1, longest_ms: Math.max(leftOut.longest_ms, tookMs) };
    } else if (lane === "slow") log.info("statement.slow", { lane, took_ms: tookMs });
    else log.warn("statement.slow", { lane, took_ms: tookMs });
  };
  return { note, end };
}
