/** An instance in this process, with a store of its own or one that it shares, and how much it asks of that. */
import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store, StoreAdapter } from "../../lib/store/port.ts";

export { pause };

export interface Instance {
  readonly guard: Guard;
  /** It has sent to the store so far, repetitions included. */
  readonly messages: () => number;
  /** How often it took the store for away. */
  readonly away: () => number;
  readonly close: () => Promise<void>;
}

const ABOUT = { runtime: "bench", region: "", version: "0", startedAt: 0 };

/** As long as a new life holds everybody to a share, and some time to connect. */
export const SETTLED_MS = 2_500;

/** @param key Of the gate that instances share. Nothing is sent before the first call. */
export function openInstance(adapter: StoreAdapter, key: string, env: Record<string, string> = {}): Instance {
  const runtime = systemRuntime();
  const store = adapter.open(runtime);
  let [messages, away] = [0, 0];
  const counted: Store = {
    ...store,
    transact: (machine, name, message) => {
      messages += 1;
      return store.transact(machine, name, message);
    },
  };
  const warn = (event: string) => {
    if (event === "store.away") away += 1;
  };
  const log = { debug: () => {}, info: () => {}, warn, error: () => {} };
  const rules = guardRules(readConfig(env), store.traits);
  const guard = createGuard({ name: "main", store: counted, key, rules, about: ABOUT, runtime, log });
  return {
    guard,
    messages: () => messages,
    away: () => away,
    close: async () => {
      guard.close();
      await guard.end();
      await store.close();
    },
  };
}

/** Resolves when the shared gate answers: the first message brings the script, and on a busy machine takes long. */
export async function instanceOn(
  adapter: StoreAdapter,
  key: string,
  env: Record<string, string> = {},
): Promise<Instance> {
  const instance = openInstance(adapter, key, env);
  for (let well = 0; well < 3; well = instance.guard.attached() ? well + 1 : 0) {
    await instance.guard.run(() => {});
    await pause(20);
  }
  return instance;
}

/** Of all of them together. */
export const messagesOf = (instances: readonly Instance[]): number =>
  instances.reduce((sum, { messages }) => sum + messages(), 0);
export const awayOf = (instances: readonly Instance[]): number => instances.reduce((sum, { away }) => sum + away(), 0);
