/**
 * A store across a network that delays, loses, repeats and reorders, in virtual time; and that can be cut off, or lose
 * its data. Chance comes from the runtime, so that a seed tells the whole story.
 */
import type { PushMessage } from "../../lib/gate/renewal.ts";
import type { HomeRules } from "../../lib/gate/types.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import type { ManualRuntime } from "../../lib/testing/manual-runtime.ts";

export interface Weather {
  /** Longest a message is under way, in milliseconds. */
  readonly delayMs: number;
  /** Chances per message, 0 to 1. */
  readonly lost: number;
  readonly repeated: number;
}

export interface BadNetwork {
  readonly adapter: StoreAdapter;
  /** How it is from now on. */
  weather: Weather;
  /** Nothing arrives while it is cut: connections hang, or are refused. */
  cut: "hanging" | "refused" | null;
  /** The store loses all of its data. */
  forget(): void;
  /** Renewals that were sent. */
  readonly renewals: () => number;
}

interface Listening {
  readonly scope: string;
  readonly instance: string;
  readonly listener: (key: string, message: PushMessage) => void;
  stop: () => void;
}

export function badNetwork(runtime: ManualRuntime, rules: Partial<HomeRules> = {}): BadNetwork {
  let store = memory().open(runtime);
  let renewals = 0;
  const everybody = new Set<Listening>();
  const later = (task: () => void) => void runtime.setTimer(task, runtime.random() * network.weather.delayMs);
  const isLost = () => network.cut !== null || runtime.random() < network.weather.lost;

  const network: BadNetwork = {
    weather: { delayMs: 10, lost: 0, repeated: 0 },
    cut: null,
    forget: () => {
      store = memory().open(runtime);
      for (const one of everybody) listen(one);
    },
    renewals: () => renewals,
    adapter: {
      kind: "redis",
      address: "redis://test",
      open: () => ({
        ...store,
        kind: "redis",
        traits: { ...store.traits, gate: { ...store.traits.gate, ...rules }, inProcess: false },
        transact: (machine, key, message) => {
          renewals += 1;
          const sent = structuredClone(message);
          return new Promise((resolve, reject) => {
            if (network.cut === "refused") return later(() => reject(new Error("connect ECONNREFUSED")));
            const arrive = (answer: boolean) => {
              if (isLost()) return;
              const result = store.transact(machine, key, sent);
              if (answer && !isLost()) later(() => resolve(structuredClone(result) as never));
            };
            later(() => arrive(true));
            if (runtime.random() < network.weather.repeated) later(() => later(() => arrive(false)));
          });
        },
        onPush: (scope, instance, listener) => {
          const one: Listening = { scope, instance, listener, stop: () => {} };
          everybody.add(one);
          listen(one);
          return () => {
            one.stop();
            everybody.delete(one);
          };
        },
      }),
    },
  };
  function listen(one: Listening): void {
    one.stop = store.onPush(one.scope, one.instance, (key, message) => {
      if (!isLost()) later(() => one.listener(key, message));
    });
  }
  return network;
}
