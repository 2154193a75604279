/** How a call gets in: at once, by asking a gate at hand, by waiting in line, or not at all. Rule 6. */
import type { Lane } from "../../gate/types.ts";
import type { MaybePromise } from "../../store/port.ts";
import { waitsOf } from "../rules.ts";
import type { Door } from "./door.ts";
import type { Exchange } from "./exchange.ts";
import { type Holdings, isKnownToBeShort, lineIsFull } from "./holdings.ts";
import type { Line } from "./line.ts";
import { type Moment, momentOf } from "./moment.ts";
import type { Ask, Entry, GateClientOptions } from "./port.ts";
import type { Pulse } from "./pulse.ts";

export interface EntranceOptions extends Pick<GateClientOptions, "store" | "rules" | "runtime"> {
  readonly own: Holdings;
  readonly door: Door;
  readonly line: Line;
  readonly exchange: Exchange;
  readonly pulse: Pulse;
}

export interface Entrance {
  /** Rejects with the reason of the caller's abort. */
  readonly enter: (ask: Ask) => MaybePromise<Entry>;
  /** The lane of a call that asks before it waits. */
  readonly asking: () => Lane | null;
}

export function createEntrance({ own, door, line, exchange, pulse, ...options }: EntranceOptions): Entrance {
  const { rules, runtime } = options;
  const { inProcess, firstContactMs } = options.store.traits;
  let asking: Lane | null = null;

  /** Of a gate at hand the answer comes at once. */
  function askNow(ask: Ask, now: Moment): Entry | null {
    asking = ask.lane;
    exchange.renew();
    asking = null;
    return door.enter(ask, now, 0);
  }

  function wait(ask: Ask, isImpatient: boolean): Promise<Entry> {
    const { lane, waitUntil } = ask;
    const now = runtime.monotonicMs();
    const isFirst = line.first(lane) === undefined;
    // Who does not want to wait has one answer to hear, and the gate as long to give it as to anybody.
    const longestMs = Math.max(rules.storeDeadlineMs, firstContactMs);
    const entry = line.join(ask, isImpatient ? own.n + 1 : null, waitUntil <= now ? now + longestMs : waitUntil);
    const isNews = !inProcess && (isFirst || !own.lanes[lane].crowded);
    if (exchange.attached() && (isNews || isImpatient)) exchange.renewSoon();
    let isOver = false;
    pulse.waits(() => isOver);
    const over = () => {
      isOver = true;
    };
    entry.then(over, over);
    return entry;
  }

  return {
    enter: (ask) => {
      const { lane, signal, waitUntil } = ask;
      const now = momentOf(runtime);
      // Nobody overtakes.
      const isFirst = line.first(lane) === undefined;
      const entry = isFirst ? door.enter(ask, now, 0) : door.against(lane, now);
      if (entry) return entry;
      const isFull = lineIsFull(own, lane, line.sizes()[lane], waitsOf(rules, lane).maxWaiting);
      if (isFull && isKnownToBeShort(own, lane, now)) return door.refuse(lane, ask.refusedAs);
      if (signal?.aborted) return Promise.reject(signal.reason);
      const isImpatient = isFull || lane === "health" || waitUntil <= now.monotonicMs;
      if (!inProcess || !isFirst) return wait(ask, isImpatient);
      return askNow(ask, now) ?? (isImpatient ? door.refuse(lane, ask.refusedAs) : wait(ask, false));
    },
    asking: () => asking,
  };
}
