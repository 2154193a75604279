/** What was answered from what is kept: counts of this instance, and the two edges of an outage for its log. */
import { TALLIES, type Tally } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";

/** How a caller was answered; `missing`: the source was away, and nothing young enough was kept. */
export type KeptHow = "loaded" | "fresh" | "refreshing" | "shared" | "stale" | "missing";

/** Of the last minute. */
export interface KeptLately {
  readonly staleInLastMinute: number;
  /** Of these; 0 where there are none. */
  readonly oldestSecondsInLastMinute: number;
}

/** Of this instance, since it began. */
export interface KeptFigures extends KeptLately {
  readonly answers: Readonly<Record<KeptHow, number>>;
  /** Of the stale ones, by the code of what they stand for. */
  readonly stale: Readonly<Record<string, number>>;
  /** The same by age: how many were younger than so many seconds. */
  readonly staleAges: readonly { readonly belowSeconds: number; readonly count: number }[];
  readonly staleSecondsSum: number;
}

export interface KeptCounting {
  /** @param ageMs Since the source was asked; undefined where it has answered just now, or nothing was found. */
  count(how: Exclude<KeptHow, "stale">, ageMs?: number): void;
  countStale(code: string, ageMs: number): void;
  figures(): KeptFigures;
  /** A part of these, for who asks often. */
  lately(): KeptLately;
}

/** By the code of what an old answer stands in for. */
const STALE: ReadonlyMap<string, Tally> = new Map(
  TALLIES.filter((tally) => tally.startsWith("stale_")).map((tally) => [tally.slice("stale_".length), tally]),
);
const AGES_SECONDS = [10, 60, 300, 3_600, 21_600, 86_400];
const SECONDS = 60;
/** An outage is over with the first answer of a source, to whomever, after so long a time in which none was missed. */
const QUIET_MS = 5_000;

interface Second {
  second: number;
  count: number;
  oldestMs: number;
}

export interface KeptCountingOptions {
  /** Counts for the fleet. */
  readonly tally: (tally: Tally) => void;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export function createKeptCounting({ tally, runtime, log }: KeptCountingOptions): KeptCounting {
  const answers: Record<KeptHow, number> = { loaded: 0, fresh: 0, refreshing: 0, shared: 0, stale: 0, missing: 0 };
  const stale: Record<string, number> = {};
  const ages = AGES_SECONDS.map((belowSeconds) => ({ belowSeconds, count: 0 }));
  const minute: Second[] = Array.from({ length: SECONDS }, () => ({ second: -1, count: 0, oldestMs: 0 }));
  const outage = createOutage(runtime, log);
  let staleMs = 0;

  const secondNow = () => Math.floor(runtime.monotonicMs() / 1_000);
  const lately = (): KeptLately => {
    const since = secondNow() - SECONDS;
    let staleInLastMinute = 0;
    let oldestMs = 0;
    for (const slot of minute) {
      if (slot.second <= since) continue;
      staleInLastMinute += slot.count;
      oldestMs = Math.max(oldestMs, slot.oldestMs);
    }
    return { staleInLastMinute, oldestSecondsInLastMinute: Math.floor(oldestMs / 1_000) };
  };
  return {
    count: (how, ageMs = 0) => {
      answers[how] += 1;
      tally(`kept_${how}`);
      // It may have answered another instance of the fleet.
      if (how !== "missing") outage.answered(ageMs);
    },
    countStale: (code, ageMs) => {
      answers.stale += 1;
      tally(STALE.get(code) ?? "stale_other");
      stale[code] = (stale[code] ?? 0) + 1;
      staleMs += ageMs;
      for (const age of ages) if (ageMs < age.belowSeconds * 1_000) age.count += 1;
      const second = secondNow();
      const slot = minute[second % SECONDS] as Second;
      if (slot.second !== second) Object.assign(slot, { second, count: 0, oldestMs: 0 });
      slot.count += 1;
      slot.oldestMs = Math.max(slot.oldestMs, ageMs);
      outage.missed(code, ageMs);
    },
    figures: () => ({
      answers: { ...answers },
      stale: { ...stale },
      staleAges: ages.map((age) => ({ ...age })),
      staleSecondsSum: staleMs / 1_000,
      ...lately(),
    }),
    lately,
  };
}

/** From the first stale answer to the first answer of a source after the last one. */
function createOutage({ monotonicMs }: Runtime, log: EventLog) {
  let since: number | null = null;
  let lastAt = 0;
  let answers = 0;
  return {
    missed: (code: string, ageMs: number) => {
      lastAt = monotonicMs();
      answers += 1;
      if (since !== null) return;
      since = lastAt;
      answers = 1;
      log.warn("kept.stale_began", { code, age_seconds: Math.floor(ageMs / 1_000) });
    },
    answered: (ageMs: number) => {
      if (since === null) return;
      const quietMs = monotonicMs() - lastAt;
      if (quietMs < QUIET_MS || ageMs >= quietMs) return;
      log.info("kept.stale_ended", { answers, lasted_ms: Math.round(lastAt - since) });
      since = null;
    },
  };
}
