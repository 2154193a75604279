/**
 * PostgreSQL by postgres.js, on Node, Deno, Bun and Workers.
 *
 * Map of this folder: `address` reads the URL, `lane` keeps a lane's connections, `client` opens one, `connection` runs
 * statements on it, `stop` ends those that must not go on, `types` gives the shared tables of `wire/` to the driver.
 */
import type { Lane } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { Database, DatabaseAdapter, DatabaseSettings, Execution, PoolState } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import { toBinds } from "../wire/binds.ts";
import { parsePostgresUrl } from "./address.ts";
import type { ConnectionPlan, PostgresSsl } from "./client.ts";
import { connect } from "./connection.ts";
import { type ConnectionLane, connectionLane } from "./lane.ts";

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

const DEFAULT_OVERFLOW_IDLE_MS = 10_000;
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
  const lane = (steady: number, overflow: number): ConnectionLane =>
    connectionLane({
      steady,
      overflow,
      recycleMs: settings.poolRecycleMs,
      overflowIdleMs: options.overflowIdleMs ?? DEFAULT_OVERFLOW_IDLE_MS,
      runtime,
      connect: (execution) => connect(plan, execution),
    });
  const lanes: Readonly<Record<Lane, ConnectionLane>> = {
    request: lane(settings.poolSize, settings.maxOverflow),
    slow: lane(settings.slowMaxConcurrent, 0),
    health: lane(settings.healthPoolSize, 0),
  };
  const all = Object.values(lanes);

  async function query<Row>(statement: Statement, execution: Execution): Promise<Row[]> {
    const binds = toBinds(statement.values);
    const text = render(statement, (position) => `$${position}`);
    return (await lanes[execution.lane].use(execution, (held) => held.run(text, binds, execution))) as Row[];
  }

  return {
    kind: "postgres",
    address: target.address,
    traits: { serverTimeout: true, cancels: true, concurrent: true },
    query,
    ping: async (execution) => {
      await lanes[execution.lane].use(execution, (held) => held.run("select 1", [], execution));
    },
    pool: () => poolState(settings, lanes.request),
    close: async (graceMs = 0) => {
      const drained = Promise.all(all.map((each) => each.drain()));
      await atMost(drained, graceMs, runtime);
      closing.abort();
      await Promise.all(all.map((each) => each.destroy()));
      await drained;
    },
  };
}

/** The `request` lane alone: `slow` is isolated from the pool, and counting it in would hide a saturated one. */
function poolState(settings: DatabaseSettings, lane: ConnectionLane): PoolState {
  const state = lane.state();
  return {
    size: settings.poolSize,
    checkedOut: state.taken,
    checkedIn: state.idle,
    overflow: state.overflow,
    maxCapacity: settings.poolSize + settings.maxOverflow,
    waiting: state.waiting,
  };
}

function atMost(done: Promise<unknown>, ms: number, runtime: Runtime): Promise<void> {
  return new Promise((resolve) => {
    const timer = runtime.setTimer(resolve, ms);
    void done.then(() => {
      runtime.clearTimer(timer);
      resolve();
    });
  });
}
