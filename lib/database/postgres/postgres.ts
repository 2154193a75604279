/**
 * PostgreSQL by postgres.js, on Node, Deno, Bun and Workers.
 *
 * Map of this folder: `address` reads the URL, `client` opens a connection, `connection` runs statements on it, `types`
 * gives the shared tables of `wire/` to the driver.
 */
import type { Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseAdapter, DatabaseSettings, Execution } from "../port.ts";
import { render, type Statement } from "../sql.ts";
import { toBinds } from "../wire/binds.ts";
import { parsePostgresUrl } from "./address.ts";
import type { ConnectionPlan, PostgresSsl } from "./client.ts";
import { connect } from "./connection.ts";

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
    connect: (execution) => connect(plan, execution),
    giveUp: () => closing.abort(),
  });

  async function query<Row>(statement: Statement, execution: Execution): Promise<Row[]> {
    const binds = toBinds(statement.values);
    const text = render(statement, (position) => `$${position}`);
    return (await lanes.use(execution, (held) => held.run(text, binds, execution))) as Row[];
  }

  return {
    kind: "postgres",
    address: target.address,
    traits: { serverTimeout: true, cancels: true, concurrent: true },
    query,
    ping: async (execution) => {
      await lanes.use(execution, (held) => held.run("select 1", [], execution));
    },
    pool: lanes.pool,
    close: lanes.close,
  };
}
