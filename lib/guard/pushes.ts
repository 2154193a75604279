/** What the store calls out to this instance, about all of its gates, by one subscription. */
import type { PushMessage } from "../gate/renewal.ts";
import type { EventLog } from "../log/events.ts";
import { type Store, scopeOf } from "../store/port.ts";

export interface Pushes {
  /** @returns What ends it. */
  listen(key: string, listener: (message: PushMessage) => void): () => void;
  close(): void;
}

export interface PushesOptions {
  readonly store: Store;
  /** What the sessions of this instance begin with. */
  readonly instance: () => string;
  readonly log: EventLog;
}

/** Subscribes when it is first listened to: the first call is not to wait for a second connection. */
export function createPushes({ store, instance, log }: PushesOptions): Pushes {
  const listeners = new Map<string, (message: PushMessage) => void>();
  let stop: (() => void) | undefined;
  return {
    listen: (key, listener) => {
      listeners.set(key, listener);
      stop ??= store.onPush(
        scopeOf(key),
        instance(),
        (of, message) => listeners.get(of)?.(message),
        (error) => log.warn("store.no_pushes", { error }),
      );
      return () => {
        if (listeners.get(key) === listener) listeners.delete(key);
      };
    },
    close: () => {
      stop?.();
      listeners.clear();
    },
  };
}
