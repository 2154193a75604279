/**
 * Waiting for a permit. The order of the line is the gate's; an instance only asks again for its own waiters: for the
 * oldest of a lane when it is woken, for all of them when the gate said to check, for one when that one's wait ends.
 */
import { QUEUED_LANES, type QueuedLane } from "../gate/types.ts";
import type { Runtime, Timer } from "../runtime.ts";
import { andThen, type MaybePromise } from "../store/port.ts";
import { type Answer, type Ask, admitCommand, type Entry, now, readAnswer } from "./ask.ts";
import { type Check, createCheck } from "./check.ts";
import type { AskReply, Link } from "./link/port.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** A wait that the gate has not ended so long after its time is ended by the instance's own clock. */
const GIVE_UP_AFTER_MS = 1_000;
/** A batch has its bound, and so has the time a store spends on one. */
const MOST_ASKS_IN_A_BATCH = 1_000;

export interface WaitingRoom {
  /** Hears from now on when there is room. Before the first call, not when it is made: module scope has no chance on Workers. */
  readonly open: () => void;
  /**
   * Waits for the permit of a ticket. `startOver` asks with a new id, should the ticket be gone. Rejects with the reason
   * of the caller's abort; the ticket goes then.
   */
  readonly wait: (id: string, ask: Ask, nextCheckMs: number, startOver: () => MaybePromise<Entry>) => Promise<Entry>;
  readonly waiting: () => number;
  /** Refuses all who wait and all who come. */
  readonly close: () => void;
}

interface Waiter {
  readonly id: string;
  readonly ask: Ask;
  /** A ticket has one ask in flight. */
  asking: boolean;
  /** Its time is over: what it hears next is the end of its wait. */
  overdue: boolean;
  readonly checkAfter: (ms: number) => void;
  readonly finish: (entry: MaybePromise<Entry>) => void;
  readonly refuse: (reason: Refusal["reason"]) => void;
  readonly startOver: () => MaybePromise<Entry>;
}

export function createWaitingRoom(link: Link, runtime: Runtime, exhaustedHintMs: number): WaitingRoom {
  const waiters: Record<QueuedLane, Set<Waiter>> = { request: new Set(), slow: new Set() };
  let closed = false;

  const askAgain = (chosen: readonly Waiter[]) => {
    const free = chosen.filter(({ asking }) => !asking);
    for (let from = 0; from < free.length; from += MOST_ASKS_IN_A_BATCH) {
      askTogether(free.slice(from, from + MOST_ASKS_IN_A_BATCH));
    }
  };

  const askTogether = (asking: readonly Waiter[]) => {
    const sent = now(runtime);
    const commands = asking.map(({ id, ask }) => admitCommand(id, ask, sent.monotonicMs));
    for (const waiter of asking) waiter.asking = true;
    const heard = (replies: readonly AskReply[]) =>
      asking.forEach((waiter, index) => {
        waiter.asking = false;
        const command = commands[index];
        if (command) hear(waiter, readAnswer(command, replies[index] as AskReply, sent));
      });
    void andThen(link.ask(commands), heard);
  };

  const isPresent = (waiter: Waiter) => waiters[waiter.ask.lane as QueuedLane].has(waiter);

  const hear = (waiter: Waiter, answer: Answer) => {
    const holds = answer.kind === "pass" || answer.kind === "place";
    // The cancel of who has left can have overtaken this ask.
    if (!isPresent(waiter)) return holds && cancel(waiter.id);
    if (answer.kind === "spent" || answer.kind === "moved") return waiter.finish(waiter.startOver());
    if (answer.kind !== "place") return waiter.finish(answer);
    // The end of its wait came while this ask was under way, and could not ask beside it.
    if (waiter.overdue) askAgain([waiter]);
    else waiter.checkAfter(answer.nextCheckMs);
  };

  const cancel = (id: string) => link.tell({ kind: "cancel", id });

  const checks: Record<QueuedLane, Check> = {
    request: createCheck(runtime, () => askAgain([...waiters.request])),
    slow: createCheck(runtime, () => askAgain([...waiters.slow])),
  };

  const oldest = (lane: QueuedLane) => [...waiters[lane]].find(({ asking }) => !asking) ?? [];
  let stopWaking: (() => void) | undefined;
  const listen = () =>
    link.onWake((lanes, who) => askAgain(lanes.flatMap((lane) => (who === "all" ? [...waiters[lane]] : oldest(lane)))));

  const refused = (reason: Refusal["reason"]): Entry => ({
    kind: "refusal",
    refusal: refusal(reason, exhaustedHintMs),
  });

  const stand = (id: string, ask: Ask, nextCheckMs: number, startOver: () => MaybePromise<Entry>) =>
    new Promise<Entry>((resolve, reject) => {
      const lane = ask.lane as QueuedLane;
      const leave = () => {
        waiters[lane].delete(waiter);
        runtime.clearTimer(end);
        ask.signal?.removeEventListener("abort", abort);
        if (waiters[lane].size === 0) checks[lane].stop();
      };
      const giveUp = (finish: () => void) => {
        leave();
        cancel(id);
        finish();
      };
      const abort = () => giveUp(() => reject(ask.signal?.reason));
      const waiter: Waiter = {
        id,
        ask,
        asking: false,
        overdue: false,
        startOver,
        checkAfter: (ms) => checks[lane].by(runtime.monotonicMs() + ms),
        finish: (entry) => {
          leave();
          resolve(entry);
        },
        refuse: (reason) => giveUp(() => resolve(refused(reason))),
      };
      let end: Timer = runtime.setTimer(
        () => {
          end = runtime.setTimer(() => waiter.refuse("full"), GIVE_UP_AFTER_MS);
          waiter.overdue = true;
          askAgain([waiter]);
        },
        Math.max(0, ask.waitUntil - runtime.monotonicMs()),
      );
      ask.signal?.addEventListener("abort", abort, { once: true });
      waiters[lane].add(waiter);
      waiter.checkAfter(nextCheckMs);
    });

  return {
    open: () => {
      stopWaking ??= listen();
    },
    wait: (id, ask, nextCheckMs, startOver) => {
      if (!closed && !ask.signal?.aborted) return stand(id, ask, nextCheckMs, startOver);
      cancel(id);
      return closed ? Promise.resolve(refused("closing")) : Promise.reject(ask.signal?.reason);
    },
    waiting: () => QUEUED_LANES.reduce((sum, lane) => sum + waiters[lane].size, 0),
    close: () => {
      closed = true;
      stopWaking?.();
      for (const lane of QUEUED_LANES) for (const waiter of waiters[lane]) waiter.refuse("closing");
    },
  };
}
