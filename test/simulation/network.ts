/** A gate across a network: distance, loss, repetition, reordering; a store that freezes, or loses its data. */
import type { GateEvent } from "../../lib/gate/events.ts";
import type { GateView, PushMessage, Renewal, RenewalReply } from "../../lib/gate/renewal.ts";
import { emptyGate, type GateState } from "../../lib/gate/state.ts";
import { type Step, step } from "../../lib/gate/step.ts";
import { instanceOf, type Store, type StoreTraits } from "../../lib/store/port.ts";
import { START, type VirtualClock } from "./clock.ts";
import type { Process } from "./process.ts";
import type { Setting } from "./setting.ts";
import { witness } from "./witness.ts";

/** What arrives late arrives within a second: others overtake it, and those who wait have given it up. */
const LATE_MS = 900;
/** A platform waits no longer than that for an answer that was lost. */
const GIVEN_UP_MS = 2_000;

export interface Weather {
  /** Chances for each message. */
  lost: number;
  repeated: number;
  late: number;
}

/** One process and its way to the store. */
export interface Link {
  readonly store: Store;
  /** Messages that are not answered yet. */
  readonly outstanding: () => number;
  /** Until then nothing gets through. */
  cutUntil: number;
  /** Until then calls may begin by what was last answered; minus infinity before that. */
  readonly leasedUntil: () => number;
  /** It goes by a breaker that it has heard to be half-open: what it runs is a probe. */
  readonly probes: () => boolean;
}

export interface Network {
  readonly weather: Weather;
  readonly figures: { messages: number; pushes: number };
  readonly events: GateEvent[];
  /** Of the gate as it is now, with all that time has done to it. */
  readonly look: () => GateView;
  readonly gate: () => GateState;
  readonly wipe: () => void;
  /** Nothing is answered until then. */
  frozenUntil: number;
  readonly link: (process: Process, answered: () => void) => Link;
}

type Send = (key: string, renewal: Renewal, resolve: (done: Step) => void) => void;

export function createNetwork(clock: VirtualClock, setting: Setting, traits: StoreTraits, config: Renewal["config"]) {
  let gate = emptyGate();
  /** By instance. */
  const listeners = new Map<string, (key: string, message: PushMessage) => void>();
  const weather: Weather = { lost: 0, repeated: 0, late: 0 };
  const figures = { messages: 0, pushes: 0 };
  const events: GateEvent[] = [];
  const oneWayMs = () => {
    const half = setting.roundTripMs / 2;
    const usual = half + clock.exponential(half * setting.jitter + 0.01);
    return clock.happens(weather.late) ? usual + clock.random() * LATE_MS : usual;
  };

  function apply(renewal: Renewal): Step {
    const done = step(gate, renewal, Math.floor(START + clock.now));
    events.push(...done.events);
    return done;
  }
  /** A frozen store reads later what has arrived. */
  function receive(key: string, renewal: Renewal, answer: (done: Step) => void): void {
    if (clock.now < self.frozenUntil) {
      clock.at(self.frozenUntil + clock.random() * 5, () => receive(key, renewal, answer));
      return;
    }
    figures.messages += 1;
    const done = apply(renewal);
    for (const { session, message } of traits.gate.pushes ? done.push : []) {
      figures.pushes += 1;
      const told = session === null ? [...listeners.values()] : [listeners.get(instanceOf(session))];
      for (const listener of told) {
        if (listener && !clock.happens(weather.lost)) clock.after(oneWayMs(), () => listener(key, message));
      }
    }
    if (!clock.happens(weather.lost)) clock.after(oneWayMs(), () => answer(done));
  }

  const self: Network = {
    ...{ weather, figures, events, frozenUntil: 0, gate: () => gate },
    wipe: () => {
      gate = emptyGate();
    },
    look: () => {
      const { reply } = apply(witness(config));
      if (!reply.known) throw new Error("look at a gate: an opening renewal must be answered, was not known");
      return reply.replies[0] as GateView;
    },
    link: (process, answered) => {
      let outstanding = 0;
      let last: RenewalReply | null = null;
      let leasedUntil = Number.NEGATIVE_INFINITY;
      let sent = { n: 0, at: 0 };
      const link: Link = {
        cutUntil: 0,
        probes: () => last?.known === true && last.breaker.state === "half_open",
        outstanding: () => outstanding,
        leasedUntil: () => leasedUntil,
        store: storeOf(
          (key, renewal, resolve) => {
            // Repeated, it counts from when it was first sent.
            if (renewal.n > sent.n) sent = { n: renewal.n, at: clock.now };
            outstanding += 1;
            let over = false;
            const settle = () => {
              if (over) return;
              over = true;
              outstanding -= 1;
              answered();
            };
            const isCut = () => clock.now < link.cutUntil;
            const hear = (done: Step) => {
              if (isCut()) return;
              process.run(() => {
                // What is answered twice is heard once.
                if (done.reply.known && done.reply.n > (last?.n ?? 0)) {
                  last = done.reply;
                  leasedUntil = sent.at + last.leaseMs;
                }
                resolve(done);
                settle();
              });
            };
            const send = () => {
              if (!isCut() && !clock.happens(weather.lost)) clock.after(oneWayMs(), () => receive(key, renewal, hear));
            };
            send();
            if (clock.happens(weather.repeated)) send();
            clock.after(GIVEN_UP_MS, settle);
          },
          listenFor(process, () => clock.now < link.cutUntil),
        ),
      };
      return link;
    },
  };

  function listenFor(process: Process, isCut: () => boolean): Store["onPush"] {
    return (_scope, instance, listener) => {
      listeners.set(instance, (key, message) => isCut() || process.run(() => listener(key, message)));
      return () => listeners.delete(instance);
    };
  }

  function storeOf(send: Send, onPush: Store["onPush"]): Store {
    return {
      ...{ kind: "redis", address: "redis://simulated", traits, onPush },
      transact: (_machine, key, message) =>
        new Promise((resolve) => send(key, structuredClone(message) as Renewal, resolve as (done: unknown) => void)),
      kv: { get: () => null, set: () => {} },
      log: { append: () => ({ appended: false, head: 0 }), read: () => [] },
      close: async () => {},
    };
  }
  return self;
}
