/** A store for platforms that freeze or end an instance with its last answer, unless they are told to wait. */
import type { MaybePromise, Store } from "./port.ts";

/** Keeps the platform from stopping before `work` has ended: what it calls `waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void;

/**
 * The same store, whose calls the platform waits for, also those that nobody here waits for: what is given back, say.
 * Each call is then made at once, in the request it belongs to, since a timer would find the instance frozen, and nothing
 * is to be left in the instance's hands.
 */
export function withWaitUntil(store: Store, waitUntil: WaitUntil): Store {
  if (store.traits.inProcess) return store;
  const kept = <Value>(call: MaybePromise<Value>): MaybePromise<Value> => {
    if (call instanceof Promise) waitUntil(call.catch(() => {}));
    return call;
  };
  return {
    ...store,
    traits: { ...store.traits, sharesIo: false, freezes: true },
    transact: (machine, key, message) => kept(store.transact(machine, key, message)),
    kv: {
      get: (key) => kept(store.kv.get(key)),
      set: (key, value, ttlMs) => kept(store.kv.set(key, value, ttlMs)),
    },
    log: {
      append: (name, record, expectedHead) => kept(store.log.append(name, record, expectedHead)),
      read: (name, before, limit) => kept(store.log.read(name, before, limit)),
    },
  };
}
