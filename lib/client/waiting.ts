/** How calls wait: until a service wants them again, and a little longer, each a different while. */
import type { Runtime } from "../runtime.ts";
import { sleep } from "../time.ts";
import { type Call, givenUp, pause } from "./attempt.ts";
import { LONGEST_HINT_MS } from "./hint.ts";
import { type HeldBy, type Holds, MAIN_GATE } from "./hold.ts";
import type { Looks } from "./looks.ts";
import type { StaleAddresses } from "./stale-addresses.ts";

export interface Waiting {
  /** Returns once nothing holds the call. @param told Hears of each hold of a gate that it waits for. */
  out(call: Call, told: (hold: HeldBy) => void): Promise<void>;
  /** Between two attempts. Where the service has held its calls, the end of that is the end of this. */
  between(call: Call, ms: number, isHeld: boolean): Promise<void>;
}

/** Those who waited together do not come back together: each goes at a moment of so much time for each of them. */
const SPREAD_OF_EACH_MS = 250;
const SHORTEST_SPREAD_MS = 1_000;
/** Whoever is refused first holds up the rest again. */
const LONGEST_SPREAD_MS = 10_000;

export interface WaitingParts {
  readonly holds: Holds;
  readonly staleAddresses: StaleAddresses;
  readonly looks: Looks;
  readonly runtime: Runtime;
}

export function createWaiting({ holds, staleAddresses, looks, runtime }: WaitingParts): Waiting {
  const { monotonicMs, wallMs, random } = runtime;
  let waiting = 0;

  const spread = (signal: Call["signal"]) => {
    const withinMs = Math.max(SHORTEST_SPREAD_MS, Math.min(waiting * SPREAD_OF_EACH_MS, LONGEST_SPREAD_MS));
    return pause(random() * withinMs, signal, runtime);
  };

  /** @returns Whether the hold was ended before. */
  async function rest(origin: string, gate: string, ms: number, signal: Call["signal"]): Promise<boolean> {
    const ended = new AbortController();
    const stopHearing = holds.onEnd((...which) => {
      if (which[0] === origin && which[1] === gate) ended.abort();
    });
    try {
      await sleep(runtime, ms, signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
      return false;
    } catch {
      if (signal?.aborted) throw givenUp(signal);
      return true;
    } finally {
      stopHearing();
    }
  }

  /** One of those who wait, for whom somebody looks whether it is over. */
  async function counted(origin: string, wait: () => Promise<void>): Promise<void> {
    const stopLooking = looks.begin(origin);
    waiting += 1;
    try {
      await wait();
    } finally {
      waiting -= 1;
      stopLooking();
    }
  }

  return {
    out: async ({ url, signal, method }, told) => {
      const giveUpAt = monotonicMs() + LONGEST_HINT_MS;
      while (monotonicMs() < giveUpAt) {
        const hold = holds.before(url);
        const until = (hold ?? (method === "GET" ? staleAddresses.before(url) : null))?.until;
        if (until === undefined) return;
        const gate = hold?.gate ?? MAIN_GATE;
        if (hold) told(hold);
        await counted(url.origin, async () => {
          await rest(url.origin, gate, until - wallMs(), signal);
          await spread(signal);
        });
      }
    },
    between: async ({ url, signal }, ms, isHeld) => {
      if (!isHeld) return pause(ms, signal, runtime);
      await counted(url.origin, async () => {
        if (await rest(url.origin, MAIN_GATE, ms, signal)) await spread(signal);
      });
    },
  };
}
