/** Durable Objects in memory, whose storage a test can spoil: what the platform does for each, and nothing else. */

import type { Runtime } from "../../lib/runtime.ts";
import { TidegateObject } from "../../lib/store/durable-object/object.ts";
import type { ObjectEntries, ObjectNamespace, ObjectStorage } from "../../lib/store/durable-object/platform.ts";

export interface FakeObjects {
  /** The entries of each object, by its name. */
  readonly entries: ReadonlyMap<string, Map<string, unknown>>;
  /** A binding as of a Worker that has just been started: no object is in memory. */
  binding(runtime: Runtime): ObjectNamespace;
}

export function fakeObjects(): FakeObjects {
  const entries = new Map<string, Map<string, unknown>>();
  const binding = (runtime: Runtime): ObjectNamespace => {
    const objects = new Map<string, TidegateObject>();
    const objectOf = (name: string): TidegateObject => {
      const rows = entries.get(name) ?? new Map<string, unknown>();
      entries.set(name, rows);
      const object = objects.get(name) ?? new TidegateObject({ storage: storageOf(rows) }, undefined, runtime);
      objects.set(name, object);
      return object;
    };
    const namespace = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        fetch: (url: string, init: RequestInit) => objectOf(name).fetch(new Request(url, init)),
      }),
    };
    return namespace as unknown as ObjectNamespace;
  };
  return { entries, binding };
}

function storageOf(rows: Map<string, unknown>): ObjectStorage {
  let alarm: number | null = null;
  const kv: ObjectEntries = {
    get: <Value>(name: string) => structuredClone(rows.get(name)) as Value | undefined,
    put: (name, value) => void rows.set(name, structuredClone(value)),
    delete: (name) => rows.delete(name),
    list: <Value>({ prefix, end, reverse, limit }: Parameters<ObjectEntries["list"]>[0]) => {
      const names = [...rows.keys()].filter((name) => name.startsWith(prefix) && (end === undefined || name < end));
      names.sort((one, other) => (one < other ? -1 : 1) * (reverse ? -1 : 1));
      return names.slice(0, limit).map((name): [string, Value] => [name, structuredClone(rows.get(name)) as Value]);
    },
  };
  return {
    kv,
    transactionSync: (task) => task(),
    getAlarm: async () => alarm,
    setAlarm: async (at) => {
      alarm = Number(at);
    },
    deleteAll: async () => rows.clear(),
  };
}
