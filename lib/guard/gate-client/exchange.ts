/**
 * The exchange with the shared gate: one renewal in flight, repeated unchanged until it is answered. It is in one of two
 * states, attached or away, and each edge is one line in the log. Rules 2 and 15.
 */

import { gateMachine } from "../../gate/machine.ts";
import type { Command, CommandReply, Renewal } from "../../gate/renewal.ts";
import type { Step } from "../../gate/step.ts";
import { LONGEST_ROUND_TRIP_MS } from "../../gate/validate.ts";
import type { Timer } from "../../runtime.ts";
import { announceTo } from "../announce.ts";
import { elapsedMs, type Moment, momentOf } from "./moment.ts";
import type { GateClientOptions } from "./port.ts";
import { transmit } from "./transmit.ts";

const TRY_AGAIN_MS = 500;
/** A timer that belongs to a request which has ended never comes: then who comes next looks after it. */
const OVERDUE_MS = 1_000;
/** A gate that forgets faster is answered as if it were away. */
const OPENINGS_IN_A_ROW = 3;

/** Null: not answered, and nobody knows what became of it. */
type Answer = (reply: CommandReply | null) => void;

interface Flight {
  readonly renewal: Renewal;
  asked: readonly { readonly command: Command; readonly answer: Answer }[];
  readonly first: Moment;
  sentAt: number;
}

export interface Exchange {
  readonly attached: () => boolean;
  /** Sends a renewal now, or as soon as the one in flight is answered. */
  readonly renew: () => void;
  /** In one message with whatever else is asked for in this turn of the event loop. */
  readonly renewSoon: () => void;
  readonly ask: (command: Command) => Promise<CommandReply | null>;
  readonly roundTripMs: () => number;
  /** When a renewal was last sent, on the monotonic clock. */
  readonly sentAt: () => number;
  /** The shared gate answers, and nothing is in flight or waits to be sent. */
  readonly isQuiet: () => boolean;
  /** Nothing is sent after that. @param tells Before it, one last renewal, whose fate is waited for. */
  readonly close: (tells: boolean) => Promise<void>;
}

export interface ExchangeOptions extends GateClientOptions {
  readonly compose: (commands: readonly Command[], roundTripMs: number) => Renewal;
  /** @returns False where the gate does not know this instance. */
  readonly hear: (step: Step["reply"], renewal: Renewal, sent: Moment) => boolean;
  /** After an answer was heard: whether there is more to tell at once. */
  readonly heard: (renewal: Renewal) => boolean;
  /** The gate does not answer any more. */
  readonly lost: () => void;
}

export function createExchange(options: ExchangeOptions): Exchange {
  const { name, store, key, rules, runtime, log, shared, compose, hear, heard, lost } = options;
  const announce = announceTo({ gate: name, log, events: shared.events, local: false });
  let flight: Flight | null = null;
  let again = false;
  let soon = false;
  let asked: Flight["asked"] = [];
  let awaySince: number | null = null;
  let retry: { readonly timer: Timer; readonly at: number } | null = null;
  let deadlineMs = Math.max(rules.storeDeadlineMs, store.traits.firstContactMs);
  let openings = 0;
  let roundTripMs = 0;
  let sentAt = Number.NEGATIVE_INFINITY;
  let closing: (() => void) | null = null;
  let closed = false;

  function renew(): void {
    if (closed) return;
    if (flight) {
      again = true;
      lookAfter(flight);
      return;
    }
    // It forgot again and again, or was late: it is asked when its time comes.
    if (retry && runtime.monotonicMs() < retry.at) return;
    again = false;
    const commands = asked;
    asked = [];
    const first = momentOf(runtime);
    const renewal = compose(
      commands.map(({ command }) => command),
      roundTripMs,
    );
    flight = { renewal, asked: commands, first, sentAt: 0 };
    attempt(flight);
  }

  function attempt(own: Flight): void {
    const agoMs = Math.floor(elapsedMs(own.first, momentOf(runtime)));
    own.sentAt = runtime.monotonicMs();
    sentAt = own.sentAt;
    const attemptedAt = own.sentAt;
    const renewal = agoMs === 0 ? own.renewal : { ...own.renewal, agoMs };
    transmit<Step>(runtime, deadlineMs, () => store.transact(gateMachine, key, renewal), {
      answered: (step, isLate) => answered(own, step, attemptedAt, isLate),
      failed: (error) => failed(own, error, attemptedAt),
    });
  }

  function answered(own: Flight, { reply, events }: Step, attemptedAt: number, isLate: boolean): void {
    if (events.length > 0) announce(events);
    if (flight !== own || reply.n !== own.renewal.n) return;
    flight = null;
    stopRetry(() => {});
    roundTripMs = Math.min(LONGEST_ROUND_TRIP_MS, Math.ceil(runtime.monotonicMs() - attemptedAt));
    deadlineMs = rules.storeDeadlineMs;
    // One that is slower than its deadline is heard, but is not back: it would be away again with the next renewal.
    if (isLate && !closing) tryAgain(renew);
    else attach();
    const known = hear(reply, own.renewal, own.first);
    if (!known || !reply.known) {
      // Who has left is not known any more: this is a repetition that was answered before.
      if (own.renewal.leaves) closing?.();
      else reopen(own);
      return;
    }
    openings = 0;
    for (const [at, { answer }] of own.asked.entries()) answer(reply.replies[at] ?? null);
    const more = heard(own.renewal);
    if (closing) closing();
    else if (again || more) renew();
  }

  /** Nothing was done: what was asked is asked again, in a session that is opened for it. */
  function reopen(own: Flight): void {
    asked = [...own.asked, ...asked];
    openings += 1;
    if (openings <= OPENINGS_IN_A_ROW) {
      renew();
      return;
    }
    openings = 0;
    detach(new Error("the state store: a session it has opened must be kept, but was forgotten again and again"));
    tryAgain(renew);
  }

  function failed(own: Flight, error: unknown, attemptedAt: number): void {
    if (flight !== own || own.sentAt !== attemptedAt) return;
    detach(error);
    // It is repeated until it is answered, and nobody waits for that.
    const unanswered = own.asked;
    own.asked = [];
    for (const { answer } of unanswered) answer(null);
    closing?.();
    if (closing || closed) return;
    tryAgain(() => attempt(own));
  }

  function tryAgain(then: () => void): void {
    if (retry) runtime.clearTimer(retry.timer);
    const timer = runtime.setTimer(() => stopRetry(then), TRY_AGAIN_MS);
    retry = { timer, at: runtime.monotonicMs() + TRY_AGAIN_MS };
  }

  function stopRetry(then: () => void): void {
    if (retry) runtime.clearTimer(retry.timer);
    retry = null;
    if (!closed) then();
  }

  function lookAfter(own: Flight): void {
    const now = runtime.monotonicMs();
    if (retry && now >= retry.at) stopRetry(() => attempt(own));
    else if (!retry && now >= own.sentAt + 2 * deadlineMs + OVERDUE_MS) attempt(own);
  }

  function detach(error: unknown): void {
    if (awaySince !== null) return;
    awaySince = runtime.monotonicMs();
    log.warn("store.away", { gate: name, error });
    shared.events.emit("store", { gate: name, state: "away", error });
    lost();
  }

  function attach(): void {
    if (awaySince === null) return;
    log.info("store.back", { gate: name, away_ms: Math.round(runtime.monotonicMs() - awaySince) });
    shared.events.emit("store", { gate: name, state: "back" });
    awaySince = null;
  }

  return {
    attached: () => awaySince === null,
    renew,
    renewSoon: () => {
      if (soon) return;
      if (store.traits.inProcess || !store.traits.sharesIo) {
        renew();
        return;
      }
      soon = true;
      runtime.endOfTurn(() => {
        soon = false;
        renew();
      });
    },
    ask: (command) =>
      new Promise((answer) => {
        if (awaySince !== null || closed) return answer(null);
        asked = [...asked, { command, answer }];
        renew();
      }),
    roundTripMs: () => roundTripMs,
    sentAt: () => sentAt,
    isQuiet: () => awaySince === null && !flight && !soon && asked.length === 0,
    close: async (tells) => {
      if (tells && awaySince === null && !closed) {
        await new Promise<void>((resolve) => {
          const last = () => {
            closing = resolve;
            renew();
          };
          if (!flight) return last();
          // What is in flight tells of what was held before.
          closing = () => {
            closing = null;
            if (awaySince === null) last();
            else resolve();
          };
        });
      }
      closed = true;
      stopRetry(() => {});
    },
  };
}
