/**
 * A machine in a store that can only read and write: stepped here, written back where nobody else was faster. Of any
 * machine whose state is JSON, as that of every machine but the gate is.
 */
import type { Push } from "../gate/renewal.ts";
import type { Runtime } from "../runtime.ts";
import { fromJson } from "../shape.ts";
import { sleep } from "../time.ts";
import type { Machine } from "./port.ts";

const ATTEMPTS = 20;
const LONGEST_PAUSE_MS = 20;

export interface LoadedState {
  /**
   * Of the writing that left it, "" where there was none. Never used twice, so that a state that came back after a loss
   * is not taken for the one that was read.
   */
  readonly mark: string;
  /** As JSON; "" where nothing is kept. */
  readonly saved: string;
  /** The store's clock in whole milliseconds since 1970. */
  readonly now: number;
}

/** The place of one state. */
export interface StatePlace {
  /** For errors. */
  readonly name: string;
  load(): Promise<LoadedState>;
  /**
   * Writes only while the state still bears `mark`; true also where it bears `nextMark`, since the write was repeated on
   * the way. False where somebody else was faster.
   */
  store(mark: string, nextMark: string, saved: string, push: readonly Push[]): Promise<boolean>;
}

/**
 * @throws TypeError where the state is more than JSON keeps, whatever the message: nothing was stored.
 * @throws Error when others were faster twenty times in a row.
 */
export async function compareAndSet<State, Message, Result>(
  place: StatePlace,
  runtime: Runtime,
  machine: Machine<State, Message, Result>,
  message: Message,
): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { mark, saved, now } = await place.load();
    // Of a state that was written its text is there too.
    const state = mark === "" && saved === "" ? machine.empty() : keptState(machine, saved);
    const result = machine.step(state, message, now);
    const next = savedState(machine.name, state);
    // Who only looks writes nothing, and so is in nobody's way.
    if (next === saved && result.push.length === 0) return result;
    if (await place.store(mark, runtime.uuid(), next, result.push)) return result;
    await sleep(runtime, runtime.random() * LONGEST_PAUSE_MS);
  }
  throw new Error(
    `store a state in ${place.name}: ${ATTEMPTS} attempts were not enough, others were faster; write less often`,
  );
}

/**
 * A state as it was saved; "" where its text is lost.
 *
 * @throws SyntaxError where it is none, of a machine that does not say what to do then.
 */
export function keptState<State>(
  machine: Pick<Machine<State, never, unknown>, "saved" | "empty">,
  text: string,
): State {
  if (machine.saved) return machine.saved(fromJson(text));
  return text === "" ? machine.empty() : (JSON.parse(text) as State);
}

/**
 * A state as JSON.
 *
 * @throws TypeError where it would come back as something else: of a `Map`, say, `{}` would be left.
 */
export function savedState(machine: string, state: unknown): string {
  return JSON.stringify(state, function (this: Readonly<Record<string, unknown>>, name, value) {
    // As it stands there: of a Date, `value` is a text by now.
    const part = this[name];
    if (isJson(part)) return value;
    const found = `${kindOf(part)}${name === "" ? "" : ` as "${name}"`}`;
    throw new TypeError(
      `store the state of ${machine}: plain objects, lists, texts, finite numbers, booleans and null are needed, found ` +
        `${found}; run it in a home that knows the machine, or keep its state in these`,
    );
  });
}

/** What is undefined is left out, and is undefined when it comes back. */
function isJson(part: unknown): boolean {
  if (typeof part === "number") return Number.isFinite(part);
  if (typeof part !== "object" || part === null) return !["bigint", "function", "symbol"].includes(typeof part);
  const form: unknown = Object.getPrototypeOf(part);
  return Array.isArray(part) || form === Object.prototype || form === null;
}

const kindOf = (part: unknown): string =>
  typeof part === "object" && part !== null ? `a ${part.constructor.name}` : `the ${typeof part} ${String(part)}`;
