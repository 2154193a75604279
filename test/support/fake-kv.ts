/** A Deno KV in memory, exact to what is documented of checks, versions and limits, whose calls a test can get between. */
import type { DenoKv, KvAtomic, KvFound, KvKey } from "../../lib/store/deno-kv/platform.ts";

const LARGEST_COMMIT_BYTES = 819_200;
const LARGEST_VALUE_BYTES = 65_536;

export interface FakeKv extends DenoKv {
  /** Calls of each kind so far. */
  readonly counts: { reads: number; commits: number };
  /** Run before a read or a commit takes place: others may write, or it throws. */
  before: { read?: (() => void) | undefined; commit?: (() => void) | undefined };
  keys(): readonly KvKey[];
  /** Behind the store's back. */
  remove(key: KvKey): void;
  put(key: KvKey, change: (value: unknown) => unknown): void;
}

export function fakeKv(): FakeKv {
  const entries = new Map<string, { readonly value: unknown; readonly versionstamp: string }>();
  /** Keys that end in a number, in order, by what stands before it. */
  const rows = new Map<string, KvKey[]>();
  const counts = { reads: 0, commits: 0 };
  let version = 0;
  const nameOf = (key: KvKey) => JSON.stringify(key);
  const rowOf = (key: KvKey): KvKey[] => {
    const prefix = nameOf(key.slice(0, -1));
    const row = rows.get(prefix) ?? [];
    rows.set(prefix, row);
    return row;
  };
  const get = (key: KvKey): KvFound => {
    const found = entries.get(nameOf(key));
    return { key, value: structuredClone(found?.value ?? null), versionstamp: found?.versionstamp ?? null };
  };
  const set = (key: KvKey, value: unknown, versionstamp: string) => {
    const isNew = !entries.has(nameOf(key));
    entries.set(nameOf(key), { value, versionstamp });
    if (!isNew || typeof key.at(-1) !== "number") return;
    const row = rowOf(key);
    row.splice(row.findLastIndex((other) => numberOf(other) < numberOf(key)) + 1, 0, key);
  };
  const remove = (key: KvKey) => {
    entries.delete(nameOf(key));
    const row = rowOf(key);
    const at = row.findIndex((other) => numberOf(other) === numberOf(key));
    if (at !== -1) row.splice(at, 1);
  };
  const next = () => String(++version).padStart(20, "0");

  function atomic(): KvAtomic {
    const checks: Pick<KvFound, "key" | "versionstamp">[] = [];
    const sets: [KvKey, unknown][] = [];
    const removed: KvKey[] = [];
    const commit: KvAtomic = {
      check: (...more) => {
        checks.push(...more);
        return commit;
      },
      set: (key, value) => {
        sets.push([key, structuredClone(value)]);
        return commit;
      },
      delete: (key) => {
        removed.push(key);
        return commit;
      },
      commit: async () => {
        counts.commits++;
        kv.before.commit?.();
        if (sets.length + removed.length > 1_000) throw new TypeError("Too many mutations (max 1000)");
        const sizes = sets.map(([, value]) => bytesOf(value));
        if (sizes.some((size) => size > LARGEST_VALUE_BYTES)) throw new TypeError("Value too large (max 65536 bytes)");
        if (sizes.reduce((sum, size) => sum + size, 0) > LARGEST_COMMIT_BYTES)
          throw new TypeError("Total mutation size too large (max 819200 bytes)");
        if (checks.some(({ key, versionstamp }) => get(key).versionstamp !== versionstamp)) return { ok: false };
        const versionstamp = next();
        for (const [key, value] of sets) set(key, value, versionstamp);
        for (const key of removed) remove(key);
        return { ok: true, versionstamp };
      },
    };
    return commit;
  }

  const kv: FakeKv = {
    counts,
    before: {},
    keys: () => [...entries.keys()].map((name) => JSON.parse(name) as KvKey),
    remove,
    put: (key, change) => set(key, change(get(key).value), next()),
    getMany: async (keys) => {
      counts.reads++;
      kv.before.read?.();
      if (keys.length > 10) throw new TypeError("Too many ranges (max 10)");
      return keys.map(get);
    },
    list: async function* ({ start, end }, { reverse, limit }) {
      counts.reads++;
      kv.before.read?.();
      // Ranges of numbers under one prefix are all that is asked for.
      const row = rowOf(start);
      const [from, to] = [start, end].map((limit) => row.findIndex((key) => numberOf(key) >= numberOf(limit)));
      const keys = row.slice(from === -1 ? row.length : from, to === -1 ? undefined : to);
      for (const key of (reverse ? keys.reverse() : keys).slice(0, limit)) yield get(key);
    },
    atomic,
    close: () => {},
  };
  return kv;
}

const numberOf = (key: KvKey): number => Number(key.at(-1));

/** Near enough: the bytes of the one array in a value, and a little for the rest. */
const bytesOf = (value: unknown): number => 100 + ((value as { bytes?: Uint8Array }).bytes?.length ?? 0);
