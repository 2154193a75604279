/** The exchange of a gate client alone, with a store of which a test says what becomes of each message. */
import { readConfig } from "../../lib/config.ts";
import type { Command, CommandReply, Renewal, RenewalReply } from "../../lib/gate/renewal.ts";
import type { Step } from "../../lib/gate/step.ts";
import { untouched } from "../../lib/gate/turn.ts";
import { createExchange, type Exchange } from "../../lib/guard/gate-client/exchange.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { createShared } from "../../lib/guard/shared.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Store, StoreTraits } from "../../lib/store/port.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { replied } from "./gate-heard.ts";
import { ABOUT, renewalOf } from "./gate-renewal.ts";

export interface Message {
  readonly renewal: Renewal;
  /** Answers it, with the reply that goes to its number unless another is given. */
  answer(reply?: Partial<RenewalReply>): Promise<void>;
  fail(error?: Error): Promise<void>;
}

export interface ExchangeScene {
  readonly runtime: ManualRuntime;
  readonly exchange: Exchange;
  readonly sent: readonly Message[];
  /** What the exchange has told: events of the log, and numbers of renewals that were heard. */
  readonly said: readonly (readonly [what: string, fields?: LogFields | number])[];
  /** States of the store that who listens has heard of. */
  readonly told: readonly string[];
  /** How often there is more to tell after an answer. */
  more: number;
  /** Said with every renewal. */
  leaves: boolean;
  asks(): Promise<CommandReply | null>;
  /** Who listens for that hears that the store can be reached again. */
  reachable(): void;
  /** Who does. */
  readonly listening: ReadonlySet<() => void>;
}

export const VIEW: Command = { kind: "view" };
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

export function exchangeScene(traits: Partial<StoreTraits> = {}): ExchangeScene {
  const runtime = manualRuntime();
  const near = memory().open(runtime);
  const sent: Message[] = [];
  const told: string[] = [];
  const said: (readonly [string, (LogFields | number)?])[] = [];
  const say = (event: string, fields: LogFields = {}) => void said.push([event, fields]);
  const log = { debug: say, info: say, warn: say, error: say };
  const transact = (_machine: unknown, _key: string, message: unknown) => {
    const { promise, resolve, reject } = Promise.withResolvers<Step>();
    const renewal = message as Renewal;
    const step = { events: [], push: [], touched: untouched(), keptUntil: 0 };
    sent.push({
      renewal,
      answer: async (reply) => {
        resolve({ ...step, reply: { ...replied(), n: renewal.n, ...reply } as RenewalReply });
        await settle();
      },
      fail: async (error = new Error("reset")) => {
        reject(error);
        await settle();
      },
    });
    return promise;
  };
  const distant = { inProcess: false, sharesIo: true, deadlineMs: 500, firstContactMs: 2_000 };
  const listening = new Set<() => void>();
  const onReachable = (listener: () => void) => {
    listening.add(listener);
    return () => void listening.delete(listener);
  };
  const store = { ...near, traits: { ...near.traits, ...distant, ...traits }, transact, onReachable } as Store;
  let n = 0;
  const shared = createShared({ store, runtime, log });
  shared.events.on("store", ({ state }) => void told.push(state));
  const exchange = createExchange({
    ...{ name: "main", key: "main", store, about: ABOUT, runtime, log, shared },
    rules: guardRules(readConfig({}), store.traits),
    compose: (commands, roundTripMs) =>
      renewalOf("a", { n: ++n, commands: [...commands], roundTripMs, leaves: scene.leaves }),
    hear: ({ known }) => known,
    heard: (renewal) => {
      said.push(["heard", renewal.n]);
      return scene.more-- > 0;
    },
    lost: () => void said.push(["lost"]),
  });
  const scene: ExchangeScene = {
    ...{ runtime, exchange, sent, said, told, listening, more: 0, leaves: false },
    asks: () => exchange.ask(VIEW),
    reachable: () => {
      for (const listener of listening) listener();
    },
  };
  return scene;
}
