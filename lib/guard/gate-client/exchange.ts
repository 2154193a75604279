/**
 * The exchange with the shared gate: one renewal in flight, repeated unchanged until it is answered. It is in one of two
 * states, attached or away, and each edge is one line in the log. Rules 2 and 15.
 */

import type { GateEvent } from "../../gate/events.ts";
import { gateMachine } from "../../gate/machine.ts";
import type { Command, CommandReply, Renewal } from "../../gate/renewal.ts";
import type { Step } from "../../gate/step.ts";
import { LONGEST_ROUND_TRIP_MS } from "../../gate/validate.ts";
import { announceTo } from "../announce.ts";
import { elapsedMs, type Moment, momentOf } from "./moment.ts";
import type { GateClientOptions } from "./port.ts";
import { createRetry, type Retry } from "./retry.ts";
import { transmit } from "./transmit.ts";

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

export const createExchange = (options: ExchangeOptions): Exchange => new RenewalExchange(options);

class RenewalExchange implements Exchange {
  readonly #options: ExchangeOptions;
  readonly #announce: (events: readonly GateEvent[]) => void;
  readonly #retry: Retry;
  #flight: Flight | null = null;
  #again = false;
  #soon = false;
  #asked: Flight["asked"] = [];
  #awaySince: number | null = null;
  #stopListening: (() => void) | undefined;
  #deadlineMs: number;
  #openings = 0;
  #roundTripMs = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #closing: (() => void) | null = null;
  #closed = false;

  constructor(options: ExchangeOptions) {
    const { name, store, rules, runtime, log, shared } = options;
    this.#options = options;
    this.#retry = createRetry(runtime);
    this.#announce = announceTo({ gate: name, log, events: shared.events, tracing: shared.tracing, local: false });
    this.#deadlineMs = Math.max(rules.storeDeadlineMs, store.traits.firstContactMs);
  }

  readonly attached = (): boolean => this.#awaySince === null;
  readonly roundTripMs = (): number => this.#roundTripMs;
  readonly sentAt = (): number => this.#sentAt;
  readonly isQuiet = (): boolean => this.attached() && !this.#flight && !this.#soon && this.#asked.length === 0;

  readonly renew = (): void => {
    if (this.#closed) return;
    if (this.#flight) {
      this.#again = true;
      this.#lookAfter(this.#flight);
      return;
    }
    const { runtime, compose } = this.#options;
    // It forgot again and again, or was late: it is asked when its time comes.
    if (runtime.monotonicMs() < (this.#retry.dueAt() ?? 0)) return;
    this.#again = false;
    const asked = this.#asked;
    this.#asked = [];
    const first = momentOf(runtime);
    const commands = asked.map(({ command }) => command);
    this.#flight = { renewal: compose(commands, this.#roundTripMs), asked, first, sentAt: 0 };
    this.#attempt(this.#flight);
  };

  readonly renewSoon = (): void => {
    const { runtime, store } = this.#options;
    if (this.#soon) return;
    const next = () => {
      this.#soon = false;
      this.renew();
    };
    this.#soon = !store.traits.inProcess && store.traits.sharesIo;
    if (this.#soon) runtime.endOfTurn(next);
    else next();
  };

  readonly ask = (command: Command): Promise<CommandReply | null> =>
    new Promise((answer) => {
      if (this.#awaySince !== null || this.#closed) return answer(null);
      this.#asked = [...this.#asked, { command, answer }];
      this.renew();
    });

  #attempt(own: Flight): void {
    const { runtime, store, key } = this.#options;
    const agoMs = Math.floor(elapsedMs(own.first, momentOf(runtime)));
    const attemptedAt = runtime.monotonicMs();
    own.sentAt = attemptedAt;
    this.#sentAt = attemptedAt;
    const renewal = agoMs === 0 ? own.renewal : { ...own.renewal, agoMs };
    transmit<Step>(runtime, this.#deadlineMs, () => store.transact(gateMachine, key, renewal), {
      answered: (step, isLate) => this.#answered(own, step, attemptedAt, isLate),
      failed: (error) => this.#failed(own, error, attemptedAt),
    });
  }

  #answered(own: Flight, { reply, events }: Step, attemptedAt: number, isLate: boolean): void {
    const { runtime, rules, hear, heard } = this.#options;
    if (events.length > 0) this.#announce(events);
    if (this.#flight !== own || reply.n !== own.renewal.n) return;
    this.#flight = null;
    this.#retry.stop();
    this.#roundTripMs = Math.min(LONGEST_ROUND_TRIP_MS, Math.ceil(runtime.monotonicMs() - attemptedAt));
    this.#deadlineMs = rules.storeDeadlineMs;
    // One that is slower than its deadline is heard, but is not back: it would be away again with the next renewal.
    if (isLate && !this.#closing) this.#retry.plan(this.renew);
    else this.#attach();
    const known = hear(reply, own.renewal, own.first);
    if (!known || !reply.known) {
      // Who has left is not known any more: this is a repetition that was answered before.
      if (own.renewal.leaves) this.#closing?.();
      else this.#reopen(own);
      return;
    }
    this.#openings = 0;
    for (const [at, { answer }] of own.asked.entries()) answer(reply.replies[at] ?? null);
    const more = heard(own.renewal);
    if (this.#closing) this.#closing();
    else if (this.#again || more) this.renew();
  }

  /** Nothing was done: what was asked is asked again, in a session that is opened for it. */
  #reopen(own: Flight): void {
    this.#asked = [...own.asked, ...this.#asked];
    this.#openings += 1;
    if (this.#openings <= OPENINGS_IN_A_ROW) {
      this.renew();
      return;
    }
    this.#openings = 0;
    this.#detach(new Error("the state store: a session it has opened must be kept, but was forgotten again and again"));
    this.#retry.plan(this.renew);
  }

  #failed(own: Flight, error: unknown, attemptedAt: number): void {
    if (this.#flight !== own || own.sentAt !== attemptedAt) return;
    this.#detach(error);
    // It is repeated until it is answered, and nobody waits for that.
    const unanswered = own.asked;
    own.asked = [];
    for (const { answer } of unanswered) answer(null);
    this.#closing?.();
    if (!this.#closing && !this.#closed) this.#retry.plan(() => this.#attempt(own));
  }

  /** What is under way may be waiting for a server that never answers. */
  readonly #askNow = (): void => {
    this.#retry.stop();
    if (this.#flight) this.#attempt(this.#flight);
    else this.renew();
  };

  #lookAfter(own: Flight): void {
    const now = this.#options.runtime.monotonicMs();
    if (now < (this.#retry.dueAt() ?? own.sentAt + 2 * this.#deadlineMs + OVERDUE_MS)) return;
    this.#retry.stop();
    this.#attempt(own);
  }

  #detach(error: unknown): void {
    if (this.#awaySince !== null) return;
    const { name, runtime, store, log, shared, lost } = this.#options;
    this.#awaySince = runtime.monotonicMs();
    log.warn("store.away", { gate: name, error });
    shared.events.emit("store", { gate: name, state: "away", error });
    // Who is frozen between requests asks within them alone.
    if (!store.traits.freezes && !this.#closed) this.#stopListening = store.onReachable?.(this.#askNow);
    lost();
  }

  #attach(): void {
    if (this.#awaySince === null) return;
    const { name, runtime, log, shared } = this.#options;
    log.info("store.back", { gate: name, away_ms: Math.round(runtime.monotonicMs() - this.#awaySince) });
    shared.events.emit("store", { gate: name, state: "back" });
    this.#awaySince = null;
    this.#stopListening?.();
  }

  readonly close = async (tells: boolean): Promise<void> => {
    if (tells && this.attached() && !this.#closed) await new Promise<void>((resolve) => this.#tellLast(resolve));
    this.#closed = true;
    this.#stopListening?.();
    this.#retry.stop();
  };

  #tellLast(told: () => void): void {
    const last = () => {
      this.#closing = told;
      this.renew();
    };
    // What is in flight tells of what was held before.
    const then = () => {
      this.#closing = null;
      if (this.attached()) last();
      else told();
    };
    if (this.#flight) this.#closing = then;
    else last();
  }
}
