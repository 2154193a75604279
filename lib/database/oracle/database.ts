/** The database: lanes of connections to an Oracle, whichever driver opens them. */
import type { Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseSettings, Execution, TakeRows, TransactionMode } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import type { OracleAddress } from "./address.ts";
import { toBinds } from "./binds.ts";
import { connect } from "./connection.ts";
import type { Dial } from "./session.ts";
import { streamOn } from "./stream.ts";
import type { HeldSession } from "./transaction.ts";
import { beginText } from "./words.ts";

export interface OracleOptions {
  /** How long a connection beyond `DB_POOL_SIZE` is kept idle, in milliseconds. Default 10,000. */
  readonly overflowIdleMs?: number;
  /**
   * How long a statement may go on, in milliseconds, after it was told to stop; then its connection is destroyed.
   * Default 2,000, which the lifetime of a permit allows for: raise neither without the other.
   */
  readonly graceMs?: number;
}

const DEFAULT_GRACE_MS = 2_000;

/** @param dial the driver: tests hand in one of their own. */
export function openOracle(
  target: OracleAddress,
  options: OracleOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
  dial: Dial = async (request) => (await import("./vendor.ts")).dial(request),
): Database {
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
  const plan = { target, settings, graceMs, runtime, dial };
  const lanes = connectionLanes({
    settings,
    overflowIdleMs: options.overflowIdleMs,
    runtime,
    connect: (_deadlineMs, _onLetIn, closing) => connect({ ...plan, closing }),
  });

  /** One deadline for the wait, the connection and the whole of what follows. */
  async function held<Value>(execution: Execution, mode: TransactionMode, task: (held: HeldSession) => Promise<Value>) {
    // Refused before a connection is taken for it.
    beginText(mode);
    const deadlineAt = runtime.monotonicMs() + execution.deadlineMs;
    return lanes.use(execution, (each) => each.transaction(execution, deadlineAt, mode, task));
  }

  return {
    kind: "oracle",
    address: target.address,
    traits: { serverTimeout: false, cancels: true, concurrent: true, streams: true },
    query: async <Row>(statement: Statement, execution: Execution) => {
      const binds = toBinds(statement.values);
      return (await lanes.use(execution, (each) => each.run(textOf(statement), binds, execution))) as Row[];
    },
    transaction: (execution, mode, task) =>
      held(execution, mode, (session) =>
        task({
          query: async <Row>(statement: Statement) =>
            (await session.statement(textOf(statement), toBinds(statement.values))) as Row[],
        }),
      ),
    stream: async (statement, execution, batchRows, take) => {
      const binds = toBinds(statement.values);
      await held(execution, { readOnly: true }, (session) =>
        streamOn(session, textOf(statement), binds, batchRows, take as TakeRows<unknown>),
      );
    },
    ping: async (execution) => {
      await lanes.use(execution, (each) => each.run("select 1 from dual", [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}

function textOf(statement: Statement): string {
  return render(statement, (position) => `:${position}`);
}
