/** The small values and the append-only log of the port. */
import { bytes, fromJson, natural, object, orNone, type Shape, shape, text } from "../../shape.ts";
import { type KvEntry, LOG_RECORDS_KEPT, type Store, type StoreLog } from "../port.ts";
import type { DenoKv, KvKey } from "./platform.ts";
import { OTHERS_WERE_FASTER, retried } from "./retried.ts";
import type { Place } from "./transactions.ts";

/** An entry may be 64 KiB, with what stands beside the text. */
const LARGEST_BYTES = 63 * 1_024;
/** A value of more is several entries: a commit may be 800 KiB, with its keys. */
const PIECE_BYTES = 60 * 1_024;
const PIECES_A_COMMIT = 12;
const MOST_PIECES = 128;
/** `getMany` takes no more. */
const KEYS_A_READ = 10;
/** As many as `list` fetches at a time. */
const RECORDS_A_READ = 500;

/** What all pieces of a value have in common: one with another mark was written by somebody else. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly mark?: string | undefined;
}

/** The first piece, which is all of a short value. */
interface Value extends Piece {
  readonly setAt: number;
  /** Deno may remove it later than that. */
  readonly until: number;
  /** With this one. None where it is alone. */
  readonly pieces?: number | undefined;
}

const piece: Shape<Piece> = object({ bytes, mark: orNone(text) });
const sizes = object({ setAt: natural, until: natural, pieces: orNone(natural) });
const entry: Shape<Value> = shape((found) => piece(found) && sizes(found) && (found.pieces ?? 1) <= MOST_PIECES);

export function openKv({ connect, clock, runtime }: Place): Store["kv"] {
  const keyOf = (key: string, piece: number): KvKey => ["tidegate", "value", key, ...(piece === 0 ? [] : [piece])];
  return {
    get: (key): Promise<KvEntry | null> =>
      retried(runtime, `deno-kv: get ${key}`, async () => {
        const kv = await connect();
        const kept = (await kv.getMany([keyOf(key, 0)]))[0]?.value;
        if (!entry(kept)) return null;
        clock.hear(kept.setAt);
        if (kept.until <= clock.now()) return null;
        const parts = await piecesOf(kv, kept, (piece) => keyOf(key, piece));
        const value = parts && fromBytes(...parts);
        return value === null ? null : { value, ageMs: Math.max(0, clock.now() - kept.setAt) };
      }),
    async set(key, value, ttlMs) {
      const what = `deno-kv: set ${key}`;
      const keepMs = Math.max(0, Math.ceil(ttlMs));
      const parts = cut(toBytes(what, value, MOST_PIECES * PIECE_BYTES));
      const mark = parts.length > 1 ? runtime.uuid() : undefined;
      await retried(runtime, what, async () => {
        const setAt = clock.now();
        const head: Omit<Value, "bytes"> = { setAt, until: setAt + keepMs, pieces: parts.length, mark };
        const kv = await connect();
        // From the end, so that the first piece is written last: where one is missing before it, the value is.
        for (let end = parts.length; end > 0; end -= PIECES_A_COMMIT) {
          const commit = kv.atomic();
          for (let n = Math.max(0, end - PIECES_A_COMMIT); n < end; n++) {
            const part: Piece = { bytes: parts[n] as Uint8Array, mark };
            commit.set(keyOf(key, n), n === 0 ? { ...part, ...head } : part, { expireIn: keepMs });
          }
          await commit.commit();
        }
      });
    },
  };
}

/** Null where one is gone, or of another value: each is read when others may write. */
async function piecesOf(
  kv: DenoKv,
  head: Value,
  keyOf: (piece: number) => KvKey,
): Promise<readonly Uint8Array[] | null> {
  const { pieces = 1, mark } = head;
  const parts = [head.bytes];
  while (parts.length < pieces) {
    const size = Math.min(KEYS_A_READ, pieces - parts.length);
    const found = await kv.getMany(Array.from({ length: size }, (_, n) => keyOf(parts.length + n)));
    for (const { value } of found) {
      if (!piece(value) || value.mark !== mark) return null;
      parts.push(value.bytes);
    }
  }
  return parts;
}

/** Copies: what is stored is the whole buffer under a view. */
function cut(whole: Uint8Array): readonly Uint8Array[] {
  if (whole.length <= LARGEST_BYTES) return [whole];
  const count = Math.ceil(whole.length / PIECE_BYTES);
  return Array.from({ length: count }, (_, n) => whole.slice(n * PIECE_BYTES, (n + 1) * PIECE_BYTES));
}

/** Its head is its last record: written with a check that nobody has, and never removed before it is the oldest. */
export function openLog({ connect, runtime }: Place): StoreLog {
  const recordKey = (name: string, position: number): KvKey => ["tidegate", "log", name, "record", position];
  async function read(name: string, before: number, limit: number) {
    const range = { start: recordKey(name, 0), end: recordKey(name, before) };
    const records: { position: number; record: string }[] = [];
    const how = { reverse: true, limit, batchSize: Math.min(limit, RECORDS_A_READ) };
    for await (const { key, value } of (await connect()).list(range, how)) {
      // What is no text stands there as one that is no record.
      records.push({ position: Number(key.at(-1)), record: fromBytes(value) ?? "" });
    }
    return records;
  }
  return {
    append(name, record, expectedHead) {
      const what = `deno-kv: append to log ${name}`;
      return retried(runtime, what, async () => {
        const [last] = await read(name, Number.MAX_SAFE_INTEGER, 1);
        const head = last?.position ?? 0;
        if (head !== expectedHead) return { appended: false, head };
        const next = head + 1;
        const done = await (await connect())
          .atomic()
          .check({ key: recordKey(name, next), versionstamp: null })
          .set(recordKey(name, next), toBytes(what, record))
          .delete(recordKey(name, next - LOG_RECORDS_KEPT))
          .commit();
        return done.ok ? { appended: true, head: next } : OTHERS_WERE_FASTER;
      });
    },
    read: (name, before, limit) =>
      before <= 1 || limit <= 0 ? [] : retried(runtime, `deno-kv: read log ${name}`, () => read(name, before, limit)),
  };
}

/** By way of JSON, which escapes half a pair where UTF-8 would lose it. */
function toBytes(what: string, text: string, largestBytes = LARGEST_BYTES): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(text));
  if (bytes.length <= largestBytes) return bytes;
  throw new Error(
    `${what}: at most ${largestBytes} bytes are possible in Deno KV, found ${bytes.length}; shorten it, or use another store`,
  );
}

/** Null where that is no text of ours. */
function fromBytes(...found: readonly unknown[]): string | null {
  if (!found.every(bytes)) return null;
  const decoder = new TextDecoder();
  const said = fromJson(found.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode());
  return text(said) ? said : null;
}
