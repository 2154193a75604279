/**
 * Looking whether a service is well again while its calls are held: at its health, which never waits, costs it next to
 * nothing (one verdict for all, made once in five seconds) and is asked by one tab for all.
 */
import type { Runtime, Timer } from "../runtime.ts";
import { attempt } from "./attempt.ts";
import type { SharedTexts } from "./browser.ts";
import { at, MesApiError } from "./error.ts";
import { type Hold, type Holds, isEndedByHealth, MAIN_GATE } from "./hold.ts";
import type { StaleAddresses } from "./stale-addresses.ts";

export interface Looks {
  /** Somebody waits for that origin. @returns What ends it. */
  begin(origin: string): () => void;
}

export interface LooksOptions {
  /** Path of the health payload; null: nobody looks. */
  readonly health: string | null;
  readonly texts: SharedTexts;
  readonly holds: Holds;
  readonly staleAddresses: StaleAddresses;
  readonly runtime: Runtime;
}

/** A verdict is not made more often. */
const LOOK_EVERY_MS = 5_000;
/** Tabs that began together do not go on together. */
const LOOK_SPREAD_MS = 2_500;
const LOOK_WITHIN_MS = 4_000;
/** When a tab last looked: a text of its own for each origin. */
const LAST_LOOK = "tidegate:look:";

export function createLooks({ health, texts, holds, staleAddresses, runtime }: LooksOptions): Looks {
  const { wallMs, random, setTimer, clearTimer } = runtime;
  const waiters = new Map<string, number>();
  const timers = new Map<string, Timer>();
  /** Where no such address is. */
  const without = new Set<string>();

  /** What calls wait for, where health can tell that it is over. */
  const endable = (origin: string): Hold | null => {
    const hold = holds.of(origin, MAIN_GATE);
    if (hold && !isEndedByHealth(hold)) return null;
    const stale = staleAddresses.endedByHealth(origin);
    return hold && stale ? (hold.since > stale.since ? hold : stale) : (hold ?? stale);
  };

  function schedule(origin: string): void {
    timers.set(
      origin,
      setTimer(() => void due(origin), LOOK_EVERY_MS + random() * LOOK_SPREAD_MS),
    );
  }

  async function due(origin: string): Promise<void> {
    timers.delete(origin);
    const sinceLastMs = wallMs() - Number(texts.read(LAST_LOOK + origin) ?? 0);
    const isTurn = sinceLastMs < 0 || sinceLastMs >= LOOK_EVERY_MS;
    if (isTurn && endable(origin) && !without.has(origin)) {
      texts.write(LAST_LOOK + origin, String(wallMs()));
      if (await isWell(origin)) holds.end(origin, MAIN_GATE);
    }
    if (waiters.has(origin) && !timers.has(origin)) schedule(origin);
  }

  async function isWell(origin: string): Promise<boolean> {
    const askedAt = wallMs();
    const url = new URL(health ?? "", origin);
    const headers = new Headers({ accept: "application/json" });
    try {
      const { body } = await attempt(
        { method: "GET", url, headers, timeout: LOOK_WITHIN_MS, signal: undefined },
        runtime,
      );
      const hold = endable(origin);
      return hold !== null && saysWell(body, askedAt, hold);
    } catch (error) {
      if (error instanceof MesApiError && error.status !== null && error.status < 500) without.add(origin);
      return false;
    }
  }

  return {
    begin: (origin) => {
      if (health === null) return () => {};
      const before = waiters.get(origin) ?? 0;
      waiters.set(origin, before + 1);
      if (!timers.has(origin)) schedule(origin);
      return () => {
        const left = (waiters.get(origin) ?? 1) - 1;
        if (left > 0) return void waiters.set(origin, left);
        waiters.delete(origin);
        clearTimer(timers.get(origin));
        timers.delete(origin);
      };
    },
  };
}

/** A verdict of before the service's own word says nothing about it. */
function saysWell(body: unknown, askedAt: number, { since }: Hold): boolean {
  const ageMs = at(body, "age_ms");
  if (typeof ageMs !== "number" || askedAt - ageMs < since || at(body, "stale") === true) return false;
  // Where the service has no database of its own, its breaker says all.
  const isThere = ["ok", "disabled"].includes(String(at(body, "services", "database")));
  return isThere && at(body, "circuit_breaker", "state") === "CLOSED";
}
