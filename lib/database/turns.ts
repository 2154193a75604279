/** One at a time: for a database with a single connection. */
import type { Runtime } from "../runtime.ts";
import type { Execution } from "./port.ts";
import { createQueue, exhausted, type Wait } from "./queue.ts";

export interface Turns {
  /** Resolves when it is the caller's turn, which lasts until {@link end}. Rejects as {@link Queue.wait}. */
  begin(execution: Pick<Execution, "lane" | "connectBy" | "signal">): Promise<void>;
  end(): void;
  /** Refuses every waiter and everyone who comes later. */
  close(): void;
  /** Resolves when it is nobody's turn. */
  idle(): Promise<void>;
  taken(): boolean;
  waiting(): number;
}

/**
 * @param late what is wrong when a turn has not come in time.
 * @example
 * ```ts
 * const turns = createTurns(runtime);
 * await turns.begin(execution);
 * try { await use(connection); } finally { turns.end(); }
 * ```
 */
export function createTurns(runtime: Runtime, late: Wait["late"] = exhausted): Turns {
  const queue = createQueue<void>(runtime);
  const onIdle = new Set<() => void>();
  let taken = false;
  let closed = false;

  return {
    begin: async ({ lane, signal, connectBy }) => {
      if (taken || closed || signal.aborted) return queue.wait({ lane, signal, by: connectBy, late });
      taken = true;
    },
    end: () => {
      taken = queue.serve();
      if (!taken) for (const told of onIdle) told();
    },
    close: () => {
      closed = true;
      queue.close();
    },
    idle: () => (taken ? new Promise((resolve) => onIdle.add(resolve)) : Promise.resolve()),
    taken: () => taken,
    waiting: queue.size,
  };
}
