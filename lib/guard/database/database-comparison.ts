/**
 * Whether somebody guards another database under the same name. Their calls share one breaker and one measure: where one
 * database fails, the other's callers are refused. Nobody means that, unless a database is just moving.
 */
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import { attempt, type Store } from "../../store/port.ts";

const KEPT_MS = 86_400_000;
/** Two that run for long see each other too. */
const PAUSE_MS = 3_600_000;

export interface DatabaseComparisonOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly log: EventLog;
  readonly namespace: string;
  readonly key: string;
  /** For people: no secrets. Null while there is none. */
  readonly address: () => string | null;
  readonly isSame: (one: string, other: string) => boolean;
}

/** @returns What is called with every statement, and compares in the background, at first and from time to time. */
export function createDatabaseComparison(options: DatabaseComparisonOptions): () => void {
  const { store, runtime, log, namespace, key, isSame } = options;
  let dueAt = Number.NEGATIVE_INFINITY;

  async function compare(address: string): Promise<void> {
    const theirs = (await store.kv.get(key))?.value;
    if (theirs !== undefined && !isSame(theirs, address)) {
      const remedy = "give each application a STATE_NAMESPACE of its own, or one to all that mean the same database";
      log.warn("gate.databases_differ", { namespace, ours: address, theirs, remedy });
    }
    if (theirs !== address) await store.kv.set(key, address, KEPT_MS);
  }
  return () => {
    const now = runtime.monotonicMs();
    const address = now < dueAt ? null : options.address();
    if (address === null) return;
    dueAt = now + PAUSE_MS;
    runtime.endOfTurn(() =>
      // The gate's own messages tell whether the store is there.
      attempt(
        () => compare(address),
        () => {},
      ),
    );
  };
}
