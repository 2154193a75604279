/** The small values and the append-only log of the port. */
import type { KvEntry, Store, StoreLog } from "../port.ts";
import type { KvFound, KvKey } from "./platform.ts";
import { OTHERS_WERE_FASTER, retried } from "./retried.ts";
import type { Place } from "./transactions.ts";

/** Records kept at most per log; beyond it the oldest go, and positions stay what they were. */
const LOG_RECORDS_KEPT = 10_000;
/** A value may be 64 KiB, with what stands beside the text. */
const LARGEST_BYTES = 63 * 1_024;
/** As many as `list` fetches at a time. */
const RECORDS_A_READ = 500;

interface Value {
  readonly bytes: Uint8Array;
  readonly setAt: number;
  /** Deno may remove it later than that. */
  readonly until: number;
}

interface LogHead {
  readonly head: number;
}

export function openKv({ connect, clock, runtime }: Place): Store["kv"] {
  const keyOf = (key: string): KvKey => ["tidegate", "value", key];
  return {
    async get(key): Promise<KvEntry | null> {
      const found = await retried(runtime, `deno-kv: get ${key}`, async () => (await connect()).getMany([keyOf(key)]));
      const entry = (found[0]?.value ?? null) as Value | null;
      if (!entry) return null;
      clock.hear(entry.setAt);
      const now = clock.now();
      return entry.until > now ? { value: fromBytes(entry.bytes), ageMs: now - entry.setAt } : null;
    },
    async set(key, value, ttlMs) {
      const what = `deno-kv: set ${key}`;
      const bytes = toBytes(what, value);
      const keepMs = Math.max(0, Math.ceil(ttlMs));
      await retried(runtime, what, async () => {
        const setAt = clock.now();
        const entry: Value = { bytes, setAt, until: setAt + keepMs };
        await (await connect()).atomic().set(keyOf(key), entry, { expireIn: keepMs }).commit();
      });
    },
  };
}

export function openLog({ connect, runtime }: Place): StoreLog {
  const headKey = (name: string): KvKey => ["tidegate", "log", name, "head"];
  const recordKey = (name: string, position: number): KvKey => ["tidegate", "log", name, "record", position];
  return {
    append(name, record, expectedHead) {
      const what = `deno-kv: append to log ${name}`;
      return retried(runtime, what, async () => {
        const kv = await connect();
        const [found] = (await kv.getMany([headKey(name)])) as readonly [KvFound<LogHead>];
        const head = found.value?.head ?? 0;
        if (head !== expectedHead) return { appended: false, head };
        const next = head + 1;
        const done = await kv
          .atomic()
          .check(found)
          .set(headKey(name), { head: next } satisfies LogHead)
          .set(recordKey(name, next), toBytes(what, record))
          .delete(recordKey(name, next - LOG_RECORDS_KEPT))
          .commit();
        return done.ok ? { appended: true, head: next } : OTHERS_WERE_FASTER;
      });
    },
    read(name, before, limit) {
      return retried(runtime, `deno-kv: read log ${name}`, async () => {
        if (before <= 1 || limit <= 0) return [];
        const range = { start: recordKey(name, 0), end: recordKey(name, before) };
        const records: { position: number; record: string }[] = [];
        const how = { reverse: true, limit, batchSize: Math.min(limit, RECORDS_A_READ) };
        for await (const { key, value } of (await connect()).list(range, how)) {
          records.push({ position: Number(key.at(-1)), record: fromBytes(value as Uint8Array) });
        }
        return records;
      });
    },
  };
}

/** By way of JSON, which escapes half a pair where UTF-8 would lose it. */
function toBytes(what: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(text));
  if (bytes.length <= LARGEST_BYTES) return bytes;
  throw new Error(
    `${what}: at most ${LARGEST_BYTES} bytes are possible in Deno KV, found ${bytes.length}; shorten it, or use another store`,
  );
}

const fromBytes = (bytes: Uint8Array): string => JSON.parse(new TextDecoder().decode(bytes)) as string;
