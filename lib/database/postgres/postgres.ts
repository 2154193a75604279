/**
 * PostgreSQL by postgres.js, on Node, Deno, Bun and Workers.
 *
 * Map of this folder: `address` reads the URL, `client` opens a connection, `line` is its wire; `connection` runs
 * statements on it, `transaction` and `stream` hold it for longer; `types` gives the shared tables of `wire/` to the
 * driver.
 */
import type { Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseAdapter, DatabaseSettings, Execution, TakeRows, TransactionMode } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import { toBinds } from "../wire/binds.ts";
import { parsePostgresUrl } from "./address.ts";
import type { ConnectionPlan, PostgresSsl } from "./client.ts";
import { connect } from "./connection.ts";
import { streamOn } from "./stream.ts";
import type { HeldLine } from "./transaction.ts";

export type { PostgresSsl } from "./client.ts";

export interface PostgresOptions {
  /** Overrides `sslmode` of the URL: a mode, or the TLS options of the platform. */
  readonly ssl?: PostgresSsl;
  /** How long a connection beyond `DB_POOL_SIZE` is kept idle, in milliseconds. Default 10,000. */
  readonly overflowIdleMs?: number;
  /**
   * How long a statement may go on, in milliseconds, after it was told to stop; then its connection is destroyed.
   * Default 2,000, which the lifetime of a permit allows for: raise neither without the other.
   */
  readonly graceMs?: number;
}

const DEFAULT_GRACE_MS = 2_000;

/**
 * A PostgreSQL database. Connects to nothing until the first statement.
 *
 * @param url `postgres://user:password@host:port/database`, with `sslmode` and server settings as parameters.
 * @throws TypeError when the URL is missing or is none of PostgreSQL.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(process.env.DATABASE_URL) });
 * ```
 */
export function postgres(url: string | undefined, options: PostgresOptions = {}): DatabaseAdapter {
  const target = parsePostgresUrl(url);
  return {
    kind: "postgres",
    address: target.address,
    secrets: target.secrets,
    open: (settings, runtime) => open(target, options, settings, runtime),
  };
}

function open(
  target: ReturnType<typeof parsePostgresUrl>,
  options: PostgresOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
): Database {
  const closing = new AbortController();
  const plan: ConnectionPlan = {
    url: target.url,
    settings,
    ssl: options.ssl,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    runtime,
    closing: closing.signal,
  };
  const lanes = connectionLanes({
    settings,
    overflowIdleMs: options.overflowIdleMs,
    runtime,
    connect: (deadlineMs, onLetIn) => connect(plan, deadlineMs, onLetIn),
    giveUp: () => closing.abort(),
  });

  async function query<Row>(statement: Statement, execution: Execution): Promise<Row[]> {
    const binds = toBinds(statement.values);
    return (await lanes.use(execution, (each) => each.run(textOf(statement), binds, execution))) as Row[];
  }

  /** One deadline for the wait, the connection and the whole of what follows. */
  function held<Value>(execution: Execution, mode: TransactionMode, task: (line: HeldLine) => Promise<Value>) {
    const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
    return lanes.use(execution, (each) => each.transaction(execution, deadlineAt, mode, task));
  }

  return {
    kind: "postgres",
    address: target.address,
    traits: { serverTimeout: true, cancels: true, concurrent: true, streams: true },
    query,
    transaction: (execution, mode, task) =>
      held(execution, mode, (line) =>
        task({
          query: async <Row>(statement: Statement) =>
            (await line.statement(textOf(statement), toBinds(statement.values))) as Row[],
        }),
      ),
    stream: async (statement, execution, batchRows, take) => {
      const binds = toBinds(statement.values);
      await held(execution, { readOnly: true }, (line) =>
        streamOn(line, textOf(statement), binds, batchRows, take as TakeRows<unknown>),
      );
    },
    ping: async (execution) => {
      await lanes.use(execution, (each) => each.run("select 1", [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}

function textOf(statement: Statement): string {
  return render(statement, (position) => `$${position}`);
}
