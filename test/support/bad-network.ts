/**
 * A store across a network that delays, loses, repeats and reorders, in virtual time; and that can be cut off, or lose
 * its data. Chance comes from the runtime, so that a seed tells the whole story.
 */
import type { HomeRules, QueuedLane } from "../../lib/gate/types.ts";
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
  /** Batches that were sent. */
  readonly batches: () => number;
}

export function badNetwork(runtime: ManualRuntime, rules: Partial<HomeRules> = {}): BadNetwork {
  let store = memory().open(runtime);
  let batches = 0;
  const wakes = new Set<{ key: string; session: string; listener: (lane: QueuedLane) => void; stop: () => void }>();
  const later = (task: () => void) => void runtime.setTimer(task, runtime.random() * network.weather.delayMs);
  const isLost = () => network.cut !== null || runtime.random() < network.weather.lost;

  const network: BadNetwork = {
    weather: { delayMs: 10, lost: 0, repeated: 0 },
    cut: null,
    forget: () => {
      store = memory().open(runtime);
      for (const one of wakes) listen(one);
    },
    batches: () => batches,
    adapter: {
      kind: "redis",
      address: "redis://test",
      open: () => ({
        ...store,
        kind: "redis",
        traits: {
          ...store.traits,
          gate: { ...store.traits.gate, wakes: true, adoptingMs: 2_000, ...rules },
          inProcess: false,
        },
        transact: (machine, key, batch) => {
          batches += 1;
          const sent = structuredClone(batch);
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
        onWake: (key, session, listener) => {
          const one = { key, session, listener, stop: () => {} };
          wakes.add(one);
          listen(one);
          return () => {
            one.stop();
            wakes.delete(one);
          };
        },
      }),
    },
  };
  function listen(one: { key: string; session: string; listener: (lane: QueuedLane) => void; stop: () => void }): void {
    one.stop = store.onWake(one.key, one.session, (lane) => {
      if (!isLost()) later(() => one.listener(lane));
    });
  }
  return network;
}
