/** Who hears of what happens to a page's calls. */
import { report } from "./browser.ts";
import type { Client, ClientEvents } from "./types.ts";

export interface Listeners {
  readonly on: Client["on"];
  emit<Type extends keyof ClientEvents>(type: Type, event: ClientEvents[Type]): void;
}

export function createListeners(): Listeners {
  const listeners = new Map<keyof ClientEvents, Set<(event: never) => void>>();
  return {
    on: (type, listener) => {
      const those = listeners.get(type) ?? new Set();
      listeners.set(type, those.add(listener));
      return () => void those.delete(listener);
    },
    emit: <Type extends keyof ClientEvents>(type: Type, event: ClientEvents[Type]) => {
      for (const listener of listeners.get(type) ?? []) {
        try {
          (listener as (event: ClientEvents[Type]) => void)(event);
        } catch (error) {
          report(error);
        }
      }
    },
  };
}
