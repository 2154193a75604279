/** The line of an instance: calls that wait for a permit, in order of arrival. Rule 6. */
import type { Lane, RefusalReason } from "../../gate/types.ts";
import { LANES } from "../../gate/types.ts";
import { HOLDS, type Runtime } from "../../runtime.ts";
import { expireAfter } from "../../time.ts";
import type { Ask, Entry } from "./port.ts";

export interface Waiter {
  readonly ask: Ask;
  /** On the monotonic clock. */
  readonly since: number;
  /** The renewal whose answer ends its wait, one way or the other; null: it waits for as long as it may. */
  readonly toldIn: number | null;
  /** Ends its wait. */
  readonly end: (entry: Entry) => void;
}

export interface Line {
  /** Rejects with the reason of the caller's abort. */
  readonly join: (ask: Ask, toldIn: number | null, untilMs: number) => Promise<Entry>;
  /**
   * Lets in who waits, as far as there is room, and refuses those who want an answer rather than wait, once they had it.
   *
   * @param enter Null: there is no room.
   * @param answeredIn Number of a renewal that was just answered, which told the gate of those before it; 0: none was.
   */
  readonly serve: (enter: (waiter: Waiter) => Entry | null, answeredIn: number) => void;
  /** Refuses all of them. */
  readonly close: () => void;
  readonly first: (lane: Lane) => Waiter | undefined;
  readonly sizes: () => Readonly<Record<Lane, number>>;
  /** How long the first of each lane has waited. */
  readonly waitedMs: () => Readonly<Record<Lane, number>>;
  readonly size: () => number;
}

export interface LineOptions {
  readonly runtime: Runtime;
  /** A wait comes to nothing. */
  readonly refuse: (lane: Lane, reason: RefusalReason) => Entry;
  /** Somebody has given up, or was aborted. */
  readonly left: (lane: Lane) => void;
}

export function createLine({ runtime, refuse, left }: LineOptions): Line {
  const lines: Record<Lane, Set<Waiter>> = { request: new Set(), slow: new Set(), health: new Set() };
  const impatient = { request: 0, slow: 0, health: 0 };
  const first = (lane: Lane) => (lines[lane].size === 0 ? undefined : lines[lane].values().next().value);
  const perLane = (of: (lane: Lane) => number) => ({ request: of("request"), slow: of("slow"), health: of("health") });

  return {
    join: (ask, toldIn, untilMs) =>
      new Promise((resolve, reject) => {
        const { lane, signal } = ask;
        const since = runtime.monotonicMs();
        const leave = () => {
          lines[lane].delete(waiter);
          if (toldIn !== null) impatient[lane] -= 1;
          expiry.clear();
          signal?.removeEventListener("abort", abort);
        };
        const end = (entry: Entry) => {
          leave();
          resolve(entry);
        };
        const abort = () => {
          leave();
          reject(signal?.reason);
          left(lane);
        };
        const waiter: Waiter = { ask, since, toldIn, end };
        const expired = () => {
          end(refuse(lane, ask.refusedAs));
          left(lane);
        };
        const expiry = expireAfter(runtime, Math.max(0, untilMs - since), expired, HOLDS);
        signal?.addEventListener("abort", abort, { once: true });
        lines[lane].add(waiter);
        if (toldIn !== null) impatient[lane] += 1;
      }),
    serve: (enter, answeredIn) => {
      for (const lane of LANES) {
        for (let waiter = first(lane); waiter; waiter = first(lane)) {
          const entry = enter(waiter);
          if (!entry) break;
          waiter.end(entry);
        }
        if (impatient[lane] === 0) continue;
        for (const { ask, toldIn, end } of [...lines[lane]]) {
          if (toldIn !== null && toldIn <= answeredIn) end(refuse(lane, ask.refusedAs));
        }
      }
    },
    close: () => {
      for (const lane of LANES) for (const { end } of [...lines[lane]]) end(refuse(lane, "closing"));
    },
    first,
    sizes: () => perLane((lane) => lines[lane].size),
    waitedMs: () => perLane((lane) => runtime.monotonicMs() - (first(lane)?.since ?? runtime.monotonicMs())),
    size: () => LANES.reduce((sum, lane) => sum + lines[lane].size, 0),
  };
}
