/** Any machine in a store that can only read and write: stepped here, written back where nobody else was faster. */
import type { Push } from "../gate/renewal.ts";
import type { Runtime } from "../runtime.ts";
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

/** @throws Error when others were faster twenty times in a row. */
export async function compareAndSet<State, Message, Result>(
  place: StatePlace,
  runtime: Runtime,
  machine: Machine<State, Message, Result>,
  message: Message,
): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { mark, saved, now } = await place.load();
    const state = saved === "" ? machine.empty() : (JSON.parse(saved) as State);
    const result = machine.step(state, message, now);
    const next = JSON.stringify(state);
    // Who only looks writes nothing, and so is in nobody's way.
    if (next === saved && result.push.length === 0) return result;
    if (await place.store(mark, runtime.uuid(), next, result.push)) return result;
    await new Promise<void>((resolve) => {
      runtime.setTimer(resolve, runtime.random() * LONGEST_PAUSE_MS);
    });
  }
  throw new Error(
    `store a state in ${place.name}: ${ATTEMPTS} attempts were not enough, others were faster; write less often`,
  );
}
