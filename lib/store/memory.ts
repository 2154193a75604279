/** The memory home: the machines run in place, in this process. One instance's gate, or a test's whole fleet. */
import type { Push } from "../gate/renewal.ts";
import { SESSIONS_KEPT } from "../gate/state.ts";
import { type Runtime, steadyClock } from "../runtime.ts";
import { openStates } from "./memory-states.ts";
import {
  instanceOf,
  type KvEntry,
  LOG_RECORDS_KEPT,
  type Machine,
  type MaybePromise,
  type Store,
  type StoreAdapter,
  type StoreLog,
  scopeOf,
} from "./port.ts";

export type { StoreAdapter } from "./port.ts";

/** Values kept at most, and their size; beyond it those set longest ago go. */
const KV_ENTRIES_KEPT = 1_000;
const KV_CHARACTERS_KEPT = 16 * 1_024 * 1_024;
/** As often as anybody likes: a renewal is a function call. */
const RENEWALS_PER_SECOND = 1_000_000;
/** Of a home that never takes any time: what a guard is told where it asks. */
const DEADLINE_MS = 250;

/**
 * A store in this process. Everything that opens the same adapter shares its state, so several instances of Tidegate in
 * one process make a fleet.
 *
 * Guarantees: atomic, since a step has no await in it; clock: the process's monotonic clock, anchored once at the wall
 * clock; durability: none; shared with nobody outside the process. A gate that nobody uses any more is given up.
 *
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(url), store: memory() });
 * ```
 */
export function memory(): StoreAdapter {
  let shared: Store | undefined;
  return {
    kind: "memory",
    address: "memory:",
    open: (runtime) => {
      shared ??= openMemory(runtime);
      return shared;
    },
  };
}

function openMemory(runtime: Runtime): Store {
  const states = openStates();
  const { deliver, onPush } = openPushes();
  const now = steadyClock(runtime);

  return {
    kind: "memory",
    address: "memory:",
    traits: {
      gate: { pushes: true, renewalsPerSecond: RENEWALS_PER_SECOND, sessionsKept: SESSIONS_KEPT },
      inProcess: true,
      sharesIo: true,
      freezes: false,
      ownClock: true,
      deadlineMs: DEADLINE_MS,
      firstContactMs: DEADLINE_MS,
    },
    transact<State, Message, Result>(
      machine: Machine<State, Message, Result>,
      key: string,
      message: Message,
    ): MaybePromise<Result> {
      const at = now();
      const kept = states.at(`${machine.name} ${key}`, machine.empty, at);
      const result = machine.step(kept.state as State, message, at);
      kept.until = result.keptUntil ?? Number.POSITIVE_INFINITY;
      if (result.push.length > 0) deliver(key, result.push);
      return result;
    },
    onPush,
    kv: openKv(now),
    log: openLog(),
    close: async () => {},
  };
}

type Listener = Parameters<Store["onPush"]>[2];

function openPushes(): { deliver: (key: string, pushes: readonly Push[]) => void; onPush: Store["onPush"] } {
  /** By scope and instance. */
  const listening = new Map<string, Map<string, Set<Listener>>>();
  const deliver = (key: string, { session, message }: Push) => {
    const inScope = listening.get(scopeOf(key));
    const called = session === null ? [...(inScope?.values() ?? [])] : [inScope?.get(instanceOf(session)) ?? []];
    for (const listeners of called) for (const listener of listeners) listener(key, message);
  };
  return {
    deliver: (key, pushes) => {
      // Not from inside the step that caused them: its sender has to hear of its own reply first.
      for (const push of pushes) queueMicrotask(() => deliver(key, push));
    },
    onPush: (scope, instance, listener) => {
      const inScope = listening.get(scope) ?? new Map<string, Set<Listener>>();
      listening.set(scope, inScope);
      const listeners = inScope.get(instance) ?? new Set();
      inScope.set(instance, listeners);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && inScope.get(instance) === listeners) inScope.delete(instance);
        if (inScope.size === 0 && listening.get(scope) === inScope) listening.delete(scope);
      };
    },
  };
}

function openKv(now: () => number): Store["kv"] {
  const entries = new Map<string, { readonly value: string; readonly setAt: number; readonly expiresAt: number }>();
  let characters = 0;
  const remove = (key: string) => {
    const entry = entries.get(key);
    if (entry) characters -= key.length + entry.value.length;
    entries.delete(key);
  };
  return {
    get: (key): KvEntry | null => {
      const entry = entries.get(key);
      if (entry && entry.expiresAt > now()) return { value: entry.value, ageMs: now() - entry.setAt };
      remove(key);
      return null;
    },
    set: (key, value, ttlMs) => {
      remove(key);
      entries.set(key, { value, setAt: now(), expiresAt: now() + ttlMs });
      characters += key.length + value.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= KV_ENTRIES_KEPT && characters <= KV_CHARACTERS_KEPT) return;
        remove(oldest);
      }
    },
  };
}

function openLog(): StoreLog {
  const logs = new Map<string, { head: number; readonly records: { position: number; record: string }[] }>();
  return {
    append: (name, record, expectedHead) => {
      const log = logs.get(name) ?? { head: 0, records: [] };
      if (log.head !== expectedHead) return { appended: false, head: log.head };
      logs.set(name, log);
      log.head += 1;
      log.records.push({ position: log.head, record });
      if (log.records.length > LOG_RECORDS_KEPT) log.records.shift();
      return { appended: true, head: log.head };
    },
    read: (name, before, limit) =>
      (logs.get(name)?.records ?? [])
        .filter(({ position }) => position < before)
        .reverse()
        .slice(0, limit),
  };
}
