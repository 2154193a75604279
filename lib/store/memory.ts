/** The memory home: the machines run in place, in this process. One instance's gate, or a test's whole fleet. */
import { SESSIONS_KEPT } from "../gate/state.ts";
import type { QueuedLane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { KvEntry, Machine, MaybePromise, Store, StoreAdapter, StoreLog, WakeCall } from "./port.ts";

/** Values kept at most; beyond it the one set longest ago goes. */
const KV_ENTRIES_KEPT = 1_000;
/** Records kept at most per log; beyond it the oldest go, and positions stay what they were. */
const LOG_RECORDS_KEPT = 10_000;

/**
 * A store in this process. Everything that opens the same adapter shares its state, so several instances of Tidegate in
 * one process make a fleet.
 *
 * Guarantees: atomic, since a step has no await in it; clock: the process's monotonic clock, anchored once at the wall
 * clock; durability: none; shared with nobody outside the process.
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
  const states = new Map<string, unknown>();
  const listeners = new Map<string, (lane: QueuedLane) => void>();
  const now = storeClock(runtime);

  const wake = (key: string, calls: readonly WakeCall[]) => {
    for (const { session, lane } of calls) {
      // Not from inside the batch that made the room: its sender has to hear of its own reply first.
      queueMicrotask(() => listeners.get(`${key} ${session}`)?.(lane));
    }
  };

  return {
    kind: "memory",
    address: "memory:",
    traits: {
      gate: { wakes: true, adoptingMs: 0, sessionsKept: SESSIONS_KEPT },
      inProcess: true,
      sharesIo: true,
      ownClock: true,
    },
    transact<State, Batch, Result>(
      machine: Machine<State, Batch, Result>,
      key: string,
      batch: Batch,
    ): MaybePromise<Result> {
      const place = `${machine.name} ${key}`;
      let state = states.get(place) as State | undefined;
      if (state === undefined) {
        state = machine.empty();
        states.set(place, state);
      }
      const result = machine.step(state, batch, now());
      if (result.wake.length > 0) wake(key, result.wake);
      return result;
    },
    onWake: (key, session, listener) => {
      listeners.set(`${key} ${session}`, listener);
      return () => listeners.delete(`${key} ${session}`);
    },
    kv: openKv(now),
    log: openLog(),
    close: async () => {},
  };
}

/** Wall-clock milliseconds that never jump: the wall gives the start, the monotonic clock the rest. */
function storeClock(runtime: Runtime): () => number {
  const wallAtStart = runtime.wallMs() - runtime.monotonicMs();
  return () => Math.floor(wallAtStart + runtime.monotonicMs());
}

function openKv(now: () => number): Store["kv"] {
  const entries = new Map<string, { readonly value: string; readonly setAt: number; readonly expiresAt: number }>();
  return {
    get: (key): KvEntry | null => {
      const entry = entries.get(key);
      if (entry && entry.expiresAt > now()) return { value: entry.value, ageMs: now() - entry.setAt };
      entries.delete(key);
      return null;
    },
    set: (key, value, ttlMs) => {
      entries.delete(key);
      entries.set(key, { value, setAt: now(), expiresAt: now() + ttlMs });
      const oldest = entries.keys().next().value;
      if (entries.size > KV_ENTRIES_KEPT && oldest !== undefined) entries.delete(oldest);
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
