/** Load on a fleet: so many requests in flight, each asked again when it is answered; or so many a second, come what may. */
import { setTimeout } from "node:timers/promises";
import type { Answer, Fleet } from "./fleet.ts";

/** Who was refused, or lost its connection, comes back after this. */
const PAUSE_MS = 25;

export interface Load {
  readonly answers: readonly Answer[];
  /** Asks nothing new, and resolves when everything asked is answered. */
  readonly stop: () => Promise<readonly Answer[]>;
}

export interface LoadOptions {
  /** Of each statement; made anew for each request where it is a function. */
  readonly tag: string | (() => string);
  readonly ms: number;
  /** Which instances are asked. Default: all. */
  readonly instances?: readonly number[];
}

/** Closed loop: `inFlight` requests, spread over the instances. */
export function keepInFlight(fleet: Fleet, inFlight: number, options: LoadOptions): Load {
  const { tag, ms, instances = Array.from({ length: fleet.size }, (_, instance) => instance) } = options;
  const answers: Answer[] = [];
  let over = false;
  const client = async (start: number) => {
    for (let turn = start; !over; turn += 1) {
      const answer = await fleet.work(instances[turn % instances.length] ?? 0, tagOf(tag), ms);
      answers.push(answer);
      if (answer.status !== 200) await setTimeout(PAUSE_MS * (0.5 + Math.random()));
    }
  };
  const clients = Array.from({ length: inFlight }, (_, start) => client(start));
  return {
    answers,
    stop: async () => {
      over = true;
      await Promise.all(clients);
      return answers;
    },
  };
}

/** Open loop: `perSecond` requests, whatever becomes of them. */
export function offer(fleet: Fleet, perSecond: number, { tag, ms }: LoadOptions): Load {
  const answers: Answer[] = [];
  const underWay = new Set<Promise<unknown>>();
  const startedAt = performance.now();
  let offered = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
    for (; offered < due; offered += 1) {
      const asked = fleet.work(offered % fleet.size, tagOf(tag), ms).then((answer) => {
        answers.push(answer);
        underWay.delete(asked);
      });
      underWay.add(asked);
    }
  }, 5);
  return {
    answers,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
      return answers;
    },
  };
}

const tagOf = (tag: LoadOptions["tag"]): string => (typeof tag === "string" ? tag : tag());

/** How many answers there are of each kind: `200`, or the code. */
export function tally(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) counts[code ?? status] = (counts[code ?? status] ?? 0) + 1;
  return counts;
}
