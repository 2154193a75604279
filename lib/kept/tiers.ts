/** What is at hand, and behind it the place of the whole fleet. One that does not answer is as one that has nothing. */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import type { Forgetting } from "./forgetting.ts";
import { type KeptEntry, read, written } from "./form.ts";
import type { KeptMemory, Remembered } from "./memory.ts";
import type { KeepHome } from "./port.ts";

/** Whoever waits for it has been refused already, or wants to be faster than its source. */
const ANSWER_WITHIN_MS = 500;
/** A place that did not answer is not waited for again sooner. */
const AWAY_MS = 1_000;

export interface Tiers {
  /** What is at hand, and not forgotten. */
  recall(key: string): Remembered | null;
  /**
   * The younger of what is at hand and what the fleet has. Never rejects.
   *
   * @param staleMs Longest that it stays at hand, since its source was asked.
   * @param believedMs What was compared with the fleet's since then is not compared again.
   */
  find(key: string, staleMs: number, believedMs: number): Promise<Remembered | null>;
  /** At hand at once; elsewhere when that has taken it. Never rejects. */
  put(entry: KeptEntry, ttlMs: number): Promise<void>;
  /** Drops what is at hand and forgotten. */
  sweep(): void;
}

export interface TiersOptions {
  readonly memory: KeptMemory;
  /** Null where all of the fleet has the same memory. */
  readonly home: KeepHome | null;
  /** Of all keys there. */
  readonly prefix: string;
  readonly forgetting: () => Forgetting;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export function createTiers({ memory, home, prefix, forgetting, runtime, log }: TiersOptions): Tiers {
  const unlessForgotten = <Found extends Remembered>(found: Found | null): Found | null =>
    found && forgetting().isForgotten(found.entry, found.ageMs) ? null : found;
  const recall = (key: string) => unlessForgotten(memory.get(key));
  let awayUntil = Number.NEGATIVE_INFINITY;

  const fetched = async (key: string, place: KeepHome): Promise<Remembered | null> => {
    const kept = await place.get(`${prefix}:${key}`);
    const entry = kept && (await read(kept.value));
    // Whoever writes there may have written anything, under any key.
    if (!kept || !entry || entry.key !== key || !(kept.ageMs >= 0)) return null;
    return { entry, ageMs: kept.ageMs + entry.takenMs };
  };
  /** Undefined where the place does not answer. */
  const ofFleet = async (key: string): Promise<Remembered | null | undefined> => {
    if (!home || runtime.monotonicMs() < awayUntil) return undefined;
    const refuse = () => new Error(`look for a kept answer: nothing within ${ANSWER_WITHIN_MS} ms`);
    try {
      return await withDeadline(fetched(key, home), { ms: ANSWER_WITHIN_MS, runtime, refuse });
    } catch (error) {
      awayUntil = runtime.monotonicMs() + AWAY_MS;
      log.debug("kept.not_read", { error });
      return undefined;
    }
  };

  return {
    recall,
    find: async (key, staleMs, believedMs) => {
      const known = recall(key);
      const looking = forgetting().look();
      const isAsked = home !== null && !(known && known.setMs < believedMs);
      // At once: a store that is away is waited for once.
      const [far] = await Promise.all([isAsked ? ofFleet(key) : undefined, looking]);
      const near = recall(key);
      const found = unlessForgotten(far && (!near || far.ageMs < near.ageMs) ? far : near);
      if (found && far !== undefined && found.ageMs < staleMs) {
        memory.set(found.entry, found.ageMs, staleMs - found.ageMs);
      }
      return found;
    },
    put: async (entry, ttlMs) => {
      memory.set(entry, entry.takenMs, ttlMs);
      if (!home) return;
      try {
        await home.set(`${prefix}:${entry.key}`, await written(entry), ttlMs);
      } catch (error) {
        log.debug("kept.not_written", { error });
      }
    },
    sweep: () => {
      memory.drop(forgetting().isForgotten);
    },
  };
}
