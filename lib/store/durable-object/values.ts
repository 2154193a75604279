/** The smaller things an object can keep: the state of a machine that is stepped elsewhere, a value, a log. */
import { natural, object, orNone, type Shape, text } from "../../shape.ts";
import type { LoadedState } from "../compare-and-set.ts";
import { type KvEntry, LOG_RECORDS_KEPT } from "../port.ts";
import type { Answer, Given } from "./calls.ts";
import type { ObjectEntries, ObjectStorage } from "./platform.ts";

/** Beyond every memory that a machine needs: a state that nobody has written for so long leaves nothing behind. */
const KEPT_MS = 90 * 86_400_000;

const STATE = "state";
const VALUE = "value";
const RECORDS = "record ";
/** Wide enough for every safe integer, so that names are in the order of their positions. */
const recordName = (position: number): string => `${RECORDS}${String(position).padStart(16, "0")}`;
const positionOf = (name: string): number => Number(name.slice(RECORDS.length));

interface State {
  readonly mark: string;
  readonly saved: string;
  readonly storedAt: number;
}
interface Value {
  /** Of a long one, its beginning. */
  readonly value: string;
  readonly setAt: number;
  readonly expiresAt: number;
  /** Rows beside this one; none where it is all. */
  readonly more?: number | undefined;
}

const state: Shape<State> = object({ mark: text, saved: text, storedAt: natural });
const value: Shape<Value> = object({ value: text, setAt: natural, expiresAt: natural, more: orNone(natural) });
/** A row may be 2 MB, which are two bytes a character unless all are Latin-1. */
const ROW_CHARACTERS = 1_000_000;
const MOST_ROWS = 16;
const rowName = (row: number): string => (row === 0 ? VALUE : `${VALUE} ${row}`);
/** In the place of a mark. */
const DAMAGED = "damaged";

/** What is no state any more is one without a text. */
export function loadState(kv: ObjectEntries, now: number): LoadedState {
  const kept = kv.get(STATE);
  if (kept === undefined) return { mark: "", saved: "", now };
  return state(kept) ? { mark: kept.mark, saved: kept.saved, now } : { mark: DAMAGED, saved: "", now };
}

export function storeState(kv: ObjectEntries, { mark, nextMark, saved }: Given<"storeState">, now: number): boolean {
  const found = loadState(kv, now).mark;
  if (found === nextMark) return true;
  if (found !== mark) return false;
  put(kv, STATE, { mark: nextMark, saved, storedAt: now } satisfies State, saved.length);
  return true;
}

/** Until when a state is kept; undefined where there is none. */
export function stateKeptUntil(kv: ObjectEntries): number | undefined {
  const kept = kv.get(STATE);
  return state(kept) ? kept.storedAt + KEPT_MS : undefined;
}

export function getValue(kv: ObjectEntries, now: number): KvEntry | null {
  const kept = kv.get(VALUE);
  if (!value(kept) || kept.expiresAt <= now) return null;
  const { more = 0 } = kept;
  if (more >= MOST_ROWS) return null;
  const rows = [kept.value, ...Array.from({ length: more }, (_, row) => kv.get(rowName(row + 1)))];
  return rows.every(text) ? { value: rows.join(""), ageMs: Math.max(0, now - kept.setAt) } : null;
}

/**
 * @returns When the value expires.
 * @throws Error where it is longer than what is kept, with nothing written.
 */
export function setValue(storage: ObjectStorage, given: Given<"setValue">, now: number): number {
  const { kv } = storage;
  const { length } = given.value;
  const more = Math.max(0, Math.ceil(length / ROW_CHARACTERS) - 1);
  if (more >= MOST_ROWS) {
    throw new Error(
      `store a value: at most ${MOST_ROWS * ROW_CHARACTERS} characters are possible, found ${length}; keep less in it`,
    );
  }
  const expiresAt = now + Math.ceil(given.ttlMs);
  const part = (row: number) => given.value.slice(row * ROW_CHARACTERS, (row + 1) * ROW_CHARACTERS);
  storage.transactionSync(() => {
    const before = kv.get(VALUE);
    put(kv, VALUE, { value: part(0), setAt: now, expiresAt, more } satisfies Value, length);
    for (let row = 1; row <= more; row++) put(kv, rowName(row), part(row), length);
    const had = value(before) ? Math.min(before.more ?? 0, MOST_ROWS) : 0;
    for (let row = more + 1; row <= had; row++) kv.delete(rowName(row));
  });
  return expiresAt;
}

export function valueExpiry(kv: ObjectEntries): number | undefined {
  const kept = kv.get(VALUE);
  return value(kept) ? kept.expiresAt : undefined;
}

export function append(storage: ObjectStorage, { record, expectedHead }: Given<"append">): Answer<"append"> {
  return storage.transactionSync(() => {
    const head = headOf(storage.kv);
    if (head !== expectedHead) return { appended: false, head };
    put(storage.kv, recordName(head + 1), record, record.length);
    if (head >= LOG_RECORDS_KEPT) storage.kv.delete(recordName(head + 1 - LOG_RECORDS_KEPT));
    return { appended: true, head: head + 1 };
  });
}

export function read(kv: ObjectEntries, { before, limit }: Given<"read">): Answer<"read"> {
  if (before <= 1 || limit <= 0) return [];
  const end = recordName(Math.min(before, Number.MAX_SAFE_INTEGER));
  const found = kv.list({ prefix: RECORDS, end, reverse: true, limit });
  // What is no text stands there as one that is no record.
  return [...found].map(([name, record]) => ({ position: positionOf(name), record: text(record) ? record : "" }));
}

function headOf(kv: ObjectEntries): number {
  const end = recordName(Number.MAX_SAFE_INTEGER);
  for (const [name] of kv.list({ prefix: RECORDS, end, reverse: true, limit: 1 })) return positionOf(name);
  return 0;
}

/** @throws Error that says what fits, where the platform says no more than that something does not. */
function put(kv: ObjectEntries, name: string, value: object | string, characters: number): void {
  try {
    kv.put(name, value);
  } catch (error) {
    if (!String(error).includes("TOOBIG")) throw error;
    throw new Error(
      `store a ${name.split(" ")[0]}: at most 2 MB are needed (2 bytes a character unless all are Latin-1), ` +
        `found ${characters} characters; keep less in it`,
      { cause: error },
    );
  }
}
