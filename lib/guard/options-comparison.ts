/**
 * Whether another application, or another version of this one, has said something else about a gate. Each works by what it
 * was told itself, so that nothing breaks; but nobody means it so, unless in the middle of a roll-out.
 */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { attempt, type Store } from "../store/port.ts";
import { type GateOptions, shownOptions } from "./gate-options.ts";

/** Said anew within a day, in a service that anybody uses. */
const KEPT_MS = 86_400_000;

export interface ComparisonOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly log: EventLog;
  readonly keyOf: (name: string) => string;
}

/** Compares once for each saying, when the gate is first called, in the background. */
export function createComparison({ store, runtime, log, keyOf }: ComparisonOptions) {
  async function compare(name: string, options: GateOptions): Promise<void> {
    const key = `${keyOf(name)}:options`;
    const ours = shownOptions(options);
    const theirs = (await store.kv.get(key))?.value;
    if (theirs === ours) return;
    if (theirs !== undefined) log.warn("gate.options_differ", { gate: name, ours, theirs });
    await store.kv.set(key, ours, KEPT_MS);
  }
  return (name: string, options: GateOptions): void =>
    runtime.endOfTurn(() =>
      // The gate's own messages tell whether the store is there.
      attempt(
        () => compare(name, options),
        () => {},
      ),
    );
}
