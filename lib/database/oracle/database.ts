/** The database: lanes of connections to an Oracle, whichever driver opens them. */
import type { Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseSettings, Execution } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import type { OracleAddress } from "./address.ts";
import { toBinds } from "./binds.ts";
import { connect } from "./connection.ts";
import type { Dial } from "./session.ts";

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
  const closing = new AbortController();
  const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
  const plan = { target, settings, graceMs, runtime, closing: closing.signal, dial };
  const lanes = connectionLanes({
    settings,
    overflowIdleMs: options.overflowIdleMs,
    runtime,
    connect: (execution) => connect(plan, execution),
    giveUp: () => closing.abort(),
  });
  return {
    kind: "oracle",
    address: target.address,
    traits: { serverTimeout: false, cancels: true, concurrent: true },
    query: async <Row>(statement: Statement, execution: Execution) => {
      const binds = toBinds(statement.values);
      const text = render(statement, (position) => `:${position}`);
      return (await lanes.use(execution, (held) => held.run(text, binds, execution))) as Row[];
    },
    ping: async (execution) => {
      await lanes.use(execution, (held) => held.run("select 1 from dual", [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}
