/**
 * The embedded database: PGlite, a PostgreSQL in WebAssembly, in a thread of its own. For development, tests and small
 * single-machine use, on Node and Deno.
 *
 * Map of this folder: `worker` is the thread, `engine` one life of it, this file the database with its one place for a
 * statement or a `transaction`. What it cannot do: stop a single statement. A statement beyond its deadline ends the
 * whole thread; a database in memory then starts afresh, prepared again, and everything written since is lost. And
 * stream: the whole result is read first, or one slow reader would keep everybody out.
 */
import type { Runtime } from "../../runtime.ts";
import { databaseError } from "../failure.ts";
import { handOver } from "../hand-over.ts";
import type { Database, DatabaseAdapter, Execution, TakeRows } from "../port.ts";
import { DatabaseError, isTooLate } from "../port.ts";
import type { Statement } from "../sql.ts";
import { createTurns } from "../turns.ts";
import { toBinds } from "../wire/binds.ts";
import { copiesFromClient, copyRefused } from "../wire/copy.ts";
import { faultOfAbort, within } from "../within.ts";
import { type Engine, type EngineSetup, type Reply, startEngine } from "./engine.ts";
import { type EngineInUse, textOf, transactionIn } from "./transaction.ts";

export interface PgliteOptions {
  /**
   * SQL, as text or as the URL of a file, run once on a fresh database, in one transaction, before the first
   * statement; again when a database in memory had to be started afresh. A directory remembers that it was done.
   */
  readonly initialise?: readonly (string | URL)[];
}

interface RunTerms {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly inTransaction?: boolean;
}

/** How long a closing thread may take to write; then it is ended. */
const CLOSE_MS = 5_000;

/**
 * An embedded PostgreSQL. Its thread starts with the first statement (2 to 4 s), which waits for it within its own
 * `connectBy`.
 *
 * `DB_POOL_*` has no meaning here: there is one connection, one statement at a time, and `pool()` says so. A ping goes
 * in front of all waiting statements but cannot overtake the running one: when that keeps it beyond its `connectBy`,
 * it fails as `exhausted`, because nothing was proven.
 *
 * @param url `pglite:` for memory, `pglite:DIR` for a directory.
 * @throws TypeError for any other URL.
 * @example
 * ```ts
 * const tide = tidegate({ database: pglite("pglite:", { initialise: [new URL("./schema.sql", import.meta.url)] }) });
 * ```
 */
export function pglite(url = "pglite:", options: PgliteOptions = {}): DatabaseAdapter {
  if (!url.startsWith("pglite:")) {
    throw new TypeError(
      'pglite: "pglite:" or "pglite:DIR" is needed, it was another kind of URL; see docs/databases/pglite.md',
    );
  }
  const directory = url.slice("pglite:".length);
  const setup: EngineSetup = {
    directory: directory === "" ? undefined : directory,
    initialise: (options.initialise ?? []).map((source) =>
      typeof source === "string" ? { sql: source } : { file: source.href },
    ),
  };
  return { kind: "pglite", address: url, secrets: [], open: (_settings, runtime) => open(url, setup, runtime) };
}

function open(address: string, setup: EngineSetup, runtime: Runtime): Database {
  const turns = createTurns(runtime);
  let engine: Engine | undefined;
  let closed = false;
  /** Aborted when the grace of closing is over: a transaction at rest would not hear of it from its thread. */
  const closing = new AbortController();

  function engineNow(): Engine {
    if (engine?.alive() !== true) engine = startEngine(setup);
    return engine;
  }

  /** The thread cannot be told to stop, so a caller's abort ends nothing: only the deadline does. */
  async function runIn(engineOfNow: Engine, text: string, values: readonly unknown[], terms: RunTerms): Promise<Reply> {
    const { deadlineMs, signal, inTransaction } = terms;
    if (copiesFromClient(text)) throw copyRefused();
    const binds = toBinds(values);
    const untilDeadline = {
      by: runtime.monotonicMs() + deadlineMs,
      signal: new AbortController().signal,
    };
    const overdue = databaseError("timeout");
    try {
      return await within(engineOfNow.run(text, binds, inTransaction), untilDeadline, runtime, () => overdue);
    } catch (error) {
      if (error === overdue) {
        await engineOfNow.kill();
        // At once, so that the next caller does not pay for this one.
        if (!closed) engine = startEngine(setup);
      }
      if (closed) throw databaseError("cancelled", error);
      throw signal.aborted ? databaseError(faultOfAbort(signal), error) : error;
    }
  }

  /** The engine for one task, when its turn has come. */
  async function use<T>(execution: Execution, task: (engine: Engine) => Promise<T>): Promise<T> {
    await turns.begin(execution);
    const mine = engineNow();
    mine.hold(true);
    try {
      await within(mine.ready, { by: execution.connectBy, signal: execution.signal }, runtime, (ended) =>
        ended === "late"
          ? new DatabaseError("exhausted", "The embedded database is still starting.")
          : databaseError(faultOfAbort(execution.signal)),
      );
      if (isTooLate(execution, runtime)) throw databaseError("exhausted");
      execution.onConnection?.();
      return await task(mine);
    } finally {
      mine.hold(false);
      turns.end();
    }
  }

  const query = async <Row>(statement: Statement, execution: Execution): Promise<Row[]> =>
    (await use(execution, (mine) => runIn(mine, textOf(statement), statement.values, execution))).rows as Row[];

  return {
    kind: "pglite",
    address,
    traits: { serverTimeout: false, cancels: false, concurrent: false, streams: false },
    query,
    transaction: (execution, mode, task) => {
      const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
      const signal = AbortSignal.any([execution.signal, closing.signal]);
      return use(execution, (mine) => {
        const run: EngineInUse["run"] = (text, values, deadlineMs, inTransaction) =>
          runIn(mine, text, values, { deadlineMs, signal, inTransaction });
        return transactionIn({ run, alive: mine.alive }, { mode, deadlineAt, signal, runtime }, task);
      });
    },
    // A cursor would keep everybody out, pings included, for as long as its reader takes: there is one place.
    stream: async <Row>(statement: Statement, execution: Execution, batchRows: number, take: TakeRows<Row>) => {
      await handOver(await query<Row>(statement, execution), batchRows, take);
    },
    ping: async (execution) => {
      await use(execution, (mine) => runIn(mine, "select 1", [], execution));
    },
    pool: () => ({
      size: 1,
      checkedOut: turns.taken() ? 1 : 0,
      checkedIn: engine?.alive() === true && !turns.taken() ? 1 : 0,
      overflow: 0,
      maxCapacity: 1,
      waiting: turns.waiting(),
    }),
    close: async (graceMs = 0) => {
      turns.close();
      closed = true;
      const unaborted = new AbortController().signal;
      const bound = (ms: number) => ({ by: runtime.monotonicMs() + ms, signal: unaborted });
      const late = () => new Error("late");
      await within(turns.idle(), bound(graceMs), runtime, late).catch(() => {});
      closing.abort();
      const last = engine;
      engine = undefined;
      if (last === undefined) return;
      if (turns.taken() || !last.alive()) await last.kill();
      else await within(last.close(), bound(CLOSE_MS), runtime, late).catch(() => last.kill());
      await turns.idle();
    },
  };
}
