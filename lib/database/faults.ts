/**
 * Trouble on demand: a database that is slow, failing or hanging for a while, round any real one. For the demo's
 * controls and for users' tests of their own handlers under trouble.
 */
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import { databaseError, faultOfAbort } from "./failure.ts";
import { type Database, type DatabaseAdapter, DatabaseError, type Execution } from "./port.ts";

/**
 * - `slow`: every statement takes `delayMs` longer, within its own deadline
 * - `failing`: every statement fails as if the database were not there
 * - `hanging`: nothing comes back; a statement ends when its caller or its deadline gives it up
 */
export type FaultMode = "slow" | "failing" | "hanging";

/** Which trouble, and for how long. */
export interface FaultRequest {
  /** What becomes of statements. */
  readonly mode: FaultMode;
  /** How long the trouble lasts, in milliseconds. */
  readonly forMs: number;
  /** For `slow`, in milliseconds. Default 2,000. */
  readonly delayMs?: number;
}

/** Switches trouble on and off. */
export interface FaultControl {
  /**
   * Begins trouble, in place of any there is. Statements that run already are not touched.
   *
   * @throws RangeError for times that are no positive number; Error when the database was not opened yet.
   */
  set(request: FaultRequest): void;
  /** Ends it. What hangs goes on hanging until it is given up, as with a real database. */
  clear(): void;
  /** What is on, and for how many milliseconds yet; null where nothing is. */
  current(): { readonly mode: FaultMode; readonly remainingMs: number } | null;
}

const DEFAULT_DELAY_MS = 2_000;

/**
 * Wraps a database so that trouble can be switched on. Pings are affected like statements, and so are the statements and
 * the commit of a transaction, and a stream between its batches: what is under way meets it at its next step.
 *
 * @example
 * ```ts
 * const { adapter, faults } = withFaults(pglite());
 * const tide = tidegate({ database: adapter, store: memory() });
 * faults.set({ mode: "hanging", forMs: 10_000 });
 * ```
 */
export function withFaults(adapter: DatabaseAdapter): {
  readonly adapter: DatabaseAdapter;
  readonly faults: FaultControl;
} {
  let clock: Runtime | undefined;
  let active: { readonly mode: FaultMode; readonly delayMs: number; readonly until: number } | undefined;

  const present = (): typeof active =>
    active !== undefined && clock !== undefined && clock.monotonicMs() < active.until ? active : undefined;

  return {
    adapter: {
      kind: adapter.kind,
      address: adapter.address,
      secrets: adapter.secrets,
      open: (settings, runtime) => {
        clock = runtime;
        return troubled(adapter.open(settings, runtime), runtime, present);
      },
    },
    faults: {
      set: ({ mode, forMs, delayMs = DEFAULT_DELAY_MS }) => {
        for (const [name, ms] of Object.entries({ forMs, delayMs })) {
          if (!(ms > 0 && Number.isFinite(ms)))
            throw new RangeError(`faults: ${name} must be a positive number, it was ${ms}`);
        }
        if (clock === undefined)
          throw new Error("faults: an opened database is needed, it is not open; call set after tidegate()");
        active = { mode, delayMs, until: clock.monotonicMs() + forMs };
      },
      clear: () => {
        active = undefined;
      },
      current: () => {
        const now = present();
        return now === undefined || clock === undefined
          ? null
          : { mode: now.mode, remainingMs: now.until - clock.monotonicMs() };
      },
    },
  };
}

type Trouble = { readonly mode: FaultMode; readonly delayMs: number } | undefined;

function troubled(database: Database, runtime: Runtime, present: () => Trouble): Database {
  /** Waits out the trouble and says under which conditions the statement may still run. */
  async function suffer(execution: Execution): Promise<Execution> {
    const trouble = present();
    if (trouble === undefined) return execution;
    if (trouble.mode === "failing")
      throw new DatabaseError("connection", "The database could not be reached (simulated).");
    // The wait stands for time at the server: it comes off the deadline, not off the time to get there.
    const { onConnection, ...there } = execution;
    onConnection?.();
    const waitMs = trouble.mode === "hanging" ? Number.POSITIVE_INFINITY : trouble.delayMs;
    const overdue = databaseError("timeout");
    await withDeadline(new Promise<never>(() => {}), {
      ms: Math.min(waitMs, execution.deadlineMs),
      signal: execution.signal,
      runtime,
      refuse: (end) => (end === "late" ? overdue : databaseError(faultOfAbort(execution.signal))),
    }).catch((error: unknown) => {
      if (error !== overdue || waitMs >= execution.deadlineMs) throw error;
    });
    return {
      ...there,
      deadlineMs: execution.deadlineMs - waitMs,
      startBy: execution.startBy + waitMs,
      connectBy: execution.connectBy + waitMs,
    };
  }
  /** The same conditions, on a connection, with what is left of their deadline. */
  function leftOf({ onConnection: _, ...held }: Execution): () => Execution {
    const deadlineAt = runtime.monotonicMs() + held.deadlineMs;
    return () => ({ ...held, deadlineMs: deadlineAt - runtime.monotonicMs() });
  }
  const { forRequest } = database;
  return {
    ...database,
    ...(forRequest && { forRequest: () => troubled(forRequest(), runtime, present) }),
    query: async (statement, execution) => database.query(statement, await suffer(execution)),
    transaction: async (execution, mode, task) => {
      const left = leftOf(execution);
      return database.transaction(await suffer(execution), mode, async (held) => {
        const value = await task({
          query: async (statement) => {
            await suffer(left());
            return held.query(statement);
          },
        });
        // Before the commit, which is a statement too.
        await suffer(left());
        return value;
      });
    },
    stream: async (statement, execution, batchRows, take) => {
      const left = leftOf(execution);
      let handed: Promise<boolean> | undefined;
      let broken: { readonly thrown: unknown } | undefined;
      await database.stream(statement, await suffer(execution), batchRows, (rows, last) => {
        const isFirst = handed === undefined;
        handed = (async () => {
          try {
            if (!isFirst) await suffer(left());
            return await take(rows as never, last);
          } catch (thrown) {
            broken = { thrown };
            return false;
          }
        })();
        return handed;
      });
      // For the last batch the database itself does not wait.
      await handed;
      if (broken !== undefined) throw broken.thrown;
    },
    ping: async (execution) => database.ping(await suffer(execution)),
  };
}
