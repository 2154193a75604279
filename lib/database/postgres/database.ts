/** The database: lanes of connections to a PostgreSQL. */
import type { Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseSettings, Execution, TakeRows, TransactionMode } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import { toBinds } from "../wire/binds.ts";
import type { PostgresAddress } from "./address.ts";
import type { ConnectionPlan, PostgresSsl } from "./client.ts";
import { connect } from "./connection.ts";
import { streamOn } from "./stream.ts";
import type { HeldLine } from "./transaction.ts";

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

export function openPostgres(
  target: PostgresAddress,
  options: PostgresOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
): Database {
  const plan: Omit<ConnectionPlan, "closing"> = {
    url: target.url,
    settings,
    ssl: options.ssl,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    runtime,
  };
  const lanes = connectionLanes({
    settings,
    overflowIdleMs: options.overflowIdleMs,
    runtime,
    connect: (deadlineMs, onLetIn, closing) => connect({ ...plan, closing }, deadlineMs, onLetIn),
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
