/** The smaller things an object can keep: the state of a machine that is stepped elsewhere, a value, a log. */
import type { LoadedState } from "../compare-and-set.ts";
import type { KvEntry } from "../port.ts";
import type { Answer, Given } from "./calls.ts";
import type { ObjectEntries, ObjectStorage } from "./platform.ts";

/** Records kept at most per log; beyond it the oldest go, and positions stay what they were. */
const LOG_RECORDS_KEPT = 10_000;

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
  readonly value: string;
  readonly setAt: number;
  readonly expiresAt: number;
}

export function loadState(kv: ObjectEntries, now: number): LoadedState {
  const { mark, saved } = kv.get<State>(STATE) ?? { mark: "", saved: "" };
  return { mark, saved, now };
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
  const state = kv.get<State>(STATE);
  return state && state.storedAt + KEPT_MS;
}

export function getValue(kv: ObjectEntries, now: number): KvEntry | null {
  const entry = kv.get<Value>(VALUE);
  return entry && entry.expiresAt > now ? { value: entry.value, ageMs: Math.max(0, now - entry.setAt) } : null;
}

/** @returns When the value expires. */
export function setValue(kv: ObjectEntries, { value, ttlMs }: Given<"setValue">, now: number): number {
  const expiresAt = now + Math.ceil(ttlMs);
  put(kv, VALUE, { value, setAt: now, expiresAt } satisfies Value, value.length);
  return expiresAt;
}

export const valueExpiry = (kv: ObjectEntries): number | undefined => kv.get<Value>(VALUE)?.expiresAt;

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
  const found = kv.list<string>({ prefix: RECORDS, end, reverse: true, limit });
  return [...found].map(([name, record]) => ({ position: positionOf(name), record }));
}

function headOf(kv: ObjectEntries): number {
  for (const [name] of kv.list({ prefix: RECORDS, reverse: true, limit: 1 })) return positionOf(name);
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
