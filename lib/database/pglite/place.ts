/**
 * The one place for a statement or a transaction: whose turn it is, and the engine that serves it. An engine that had to
 * be ended is followed by a new one.
 */
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { databaseError, faultOfAbort } from "../failure.ts";
import { DatabaseError, type Execution, isTooLate } from "../port.ts";
import { exhausted } from "../queue.ts";
import { createTurns } from "../turns.ts";
import { toBinds } from "../wire/binds.ts";
import { copiesFromClient, copyRefused } from "../wire/copy.ts";
import { type Engine, type EngineSetup, type Reply, startEngine } from "./engine.ts";

/** How long a closing thread may take to write; then it is ended. */
const CLOSE_MS = 5_000;

export interface RunTerms {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly inTransaction?: boolean;
}

export interface Place {
  /** Runs `task` with the engine, which starts for it if need be, when its turn has come. */
  use<T>(execution: Execution, task: (engine: Engine) => Promise<T>): Promise<T>;
  run(engine: Engine, text: string, values: readonly unknown[], terms: RunTerms): Promise<Reply>;
  taken(): boolean;
  alive(): boolean;
  waiting(): number;
  /** Aborted when the grace of closing is over: a transaction at rest would not hear of it from its thread. */
  readonly closing: AbortSignal;
  close(graceMs: number): Promise<void>;
}

export function createPlace(setup: EngineSetup, runtime: Runtime): Place {
  let engine: Engine | undefined;
  // Whoever is first waits for the start, and the others for him.
  const turns = createTurns(runtime, () => (engine?.isReady() === false ? stillStarting() : exhausted()));
  const closing = new AbortController();
  let closed = false;

  function engineNow(): Engine {
    if (engine?.alive() !== true) engine = startEngine(setup);
    return engine;
  }

  return {
    use: async (execution, task) => {
      await turns.begin(execution);
      const mine = engineNow();
      mine.hold(true);
      try {
        await started(mine, execution, runtime);
        execution.onConnection?.();
        return await task(mine);
      } finally {
        mine.hold(false);
        turns.end();
      }
    },
    /** The thread cannot be told to stop, so a caller's abort ends nothing: only the deadline does. */
    run: async (mine, text, values, { deadlineMs, signal, inTransaction }) => {
      if (copiesFromClient(text)) throw copyRefused();
      const binds = toBinds(values);
      const overdue = databaseError("timeout");
      try {
        const reply = mine.run(text, binds, inTransaction);
        return await withDeadline(reply, { ms: deadlineMs, runtime, refuse: () => overdue });
      } catch (error) {
        if (error === overdue) {
          await mine.kill();
          // At once, so that the next caller does not pay for this one.
          if (!closed) engine = startEngine(setup);
        }
        if (closed) throw databaseError("cancelled", error);
        throw signal.aborted ? databaseError(faultOfAbort(signal), error) : error;
      }
    },
    taken: turns.taken,
    alive: () => engine?.alive() === true,
    waiting: turns.waiting,
    closing: closing.signal,
    close: async (graceMs) => {
      turns.close();
      closed = true;
      const refuse = () => new Error("late");
      await withDeadline(turns.idle(), { ms: graceMs, runtime, refuse }).catch(() => {});
      closing.abort();
      const last = engine;
      engine = undefined;
      if (last === undefined) return;
      if (turns.taken() || !last.alive()) await last.kill();
      else await withDeadline(last.close(), { ms: CLOSE_MS, runtime, refuse }).catch(() => last.kill());
      await turns.idle();
    },
  };
}

/** Resolves when it may be asked; what is not sent in time is not sent at all. */
async function started(engine: Engine, execution: Execution, runtime: Runtime): Promise<void> {
  const { connectBy, signal } = execution;
  const late = engine.isReady() ? exhausted : stillStarting;
  await withDeadline(engine.ready, {
    ms: connectBy - runtime.monotonicMs(),
    signal,
    runtime,
    refuse: (end) => (end === "late" ? late() : databaseError(faultOfAbort(signal))),
  });
  if (isTooLate(execution, runtime)) throw late();
}

/** No news of its health, and over soon. */
function stillStarting(): DatabaseError {
  return new DatabaseError("exhausted", "The embedded database is still starting.");
}
