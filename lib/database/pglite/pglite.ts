/**
 * The embedded database: PGlite, a PostgreSQL in WebAssembly, in a thread of its own. For development, tests and small
 * single-machine use, on Node and Deno.
 *
 * Map of this folder: `worker` is the thread, `engine` one life of it, `place` the one place for a statement or a
 * `transaction`, this file the database; `errors` says what went wrong.
 *
 * What it cannot do: stop a single statement. A statement beyond its deadline ends the whole thread; a database in memory
 * then starts afresh, prepared again, and everything written since is lost. And stream: the whole result is read first,
 * or one slow reader would keep everybody out.
 */

import { assertInstalled } from "../../optional-package.ts";
import type { Runtime } from "../../runtime.ts";
import { handOver } from "../hand-over.ts";
import type { Database, DatabaseAdapter, Execution, TakeRows } from "../port.ts";
import type { Statement } from "../sql.ts";
import { withTimeOf } from "../time-left.ts";
import { type Engine, type EngineSetup, PACKAGE } from "./engine.ts";
import { createPlace } from "./place.ts";
import { type EngineInUse, textOf, transactionIn } from "./transaction.ts";

export type { DatabaseAdapter } from "../port.ts";

/** What an embedded database begins with. */
export interface PgliteOptions {
  /**
   * SQL, as text or as the URL of a file, run once on a fresh database, in one transaction, before the first
   * statement; again when a database in memory had to be started afresh. A directory remembers that it was done.
   */
  readonly initialise?: readonly (string | URL)[];
}

/**
 * An embedded PostgreSQL. Its thread starts with the first statement (2 to 4 s), which waits for it within its own
 * `connectBy`.
 *
 * `DB_POOL_*` has no meaning here: there is one connection, one statement at a time, and `pool()` says so. A ping goes
 * in front of all waiting statements but cannot overtake the running one: when that keeps it beyond its `connectBy`,
 * it fails as `exhausted`, because nothing was proven.
 *
 * @param url `pglite:` for memory, `pglite:DIR` for a directory.
 * @throws TypeError for any other URL, and where PGlite is not installed.
 * @example
 * ```ts
 * const database = pglite("pglite:", { initialise: [new URL("./schema.sql", import.meta.url)] });
 * const tide = tidegate({ database, store: memory() });
 * ```
 */
export function pglite(url = "pglite:", options: PgliteOptions = {}): DatabaseAdapter {
  if (!url.startsWith("pglite:")) {
    throw new TypeError(
      'pglite: "pglite:" or "pglite:DIR" is needed, it was another kind of URL; see docs/databases/pglite.md',
    );
  }
  assertInstalled("pglite", PACKAGE);
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
  const place = createPlace(setup, runtime);

  const query = async <Row>(statement: Statement, execution: Execution): Promise<Row[]> => {
    const ask = (mine: Engine) => place.run(mine, textOf(statement), statement.values, execution);
    return (await place.use(execution, ask)).rows as Row[];
  };

  return {
    kind: "pglite",
    address,
    traits: { serverTimeout: false, cancels: false, concurrent: false, streams: false },
    query,
    transaction: (execution, mode, task) =>
      withTimeOf(execution, runtime, (left) => {
        const signal = AbortSignal.any([execution.signal, place.closing]);
        return place.use(execution, (mine) => {
          const run: EngineInUse["run"] = (text, values, deadlineMs, inTransaction) =>
            place.run(mine, text, values, { deadlineMs, signal, inTransaction });
          return transactionIn({ run, alive: mine.alive }, { mode, left, signal, runtime }, task);
        });
      }),
    // A cursor would keep everybody out, pings included, for as long as its reader takes: there is one place.
    stream: async <Row>(statement: Statement, execution: Execution, batchRows: number, take: TakeRows<Row>) => {
      await handOver(await query<Row>(statement, execution), batchRows, take);
    },
    ping: async (execution) => {
      await place.use(execution, (mine) => place.run(mine, "select 1", [], execution));
    },
    pool: () => ({
      size: 1,
      checkedOut: place.taken() ? 1 : 0,
      checkedIn: place.alive() && !place.taken() ? 1 : 0,
      overflow: 0,
      maxCapacity: 1,
      waiting: place.waiting(),
    }),
    close: (graceMs = 0) => place.close(graceMs),
  };
}
