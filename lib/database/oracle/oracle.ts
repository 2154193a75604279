/**
 * Oracle by node-oracledb in its thin mode, on Node and Deno.
 *
 * Map of this folder: `address` reads the URL, `client` opens a connection and ends it, `connection` runs statements on
 * it, `errors` says what went wrong, `binds` and `values` are the ways in and out. `session` is what all of these need
 * of a driver; `vendor`, with `sockets` and `types`, is the driver, and is loaded when the first connection is opened.
 *
 * What it cannot do: have the server end a statement. One whose connection was destroyed may run on at the server until
 * that next reads from the network (`SQLNET.EXPIRE_TIME`); Resource Manager's `MAX_EST_EXEC_TIME` is the real fence.
 */
import { platformName, type Runtime } from "../../runtime.ts";
import { connectionLanes } from "../lanes.ts";
import type { Database, DatabaseAdapter, DatabaseSettings } from "../port.ts";
import { render } from "../sql.ts";
import { type OracleAddress, parseOracleUrl } from "./address.ts";
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

/**
 * An Oracle database. Connects to nothing until the first statement.
 *
 * Every statement is committed at once. Names of columns come in lower case; `NUMBER` is a number while it is whole and
 * exact, else its text; times without a zone are read as UTC; booleans are bound as 1 and 0.
 *
 * @param url `oracle://user:password@host:1521/service`; `?protocol=tcps` for TLS, and parameters of Easy Connect.
 * @throws TypeError when the URL is missing or is none of Oracle; on Workers, where the driver cannot run, when opened.
 * @example
 * ```ts
 * const tide = tidegate({ database: oracle(process.env.DATABASE_URL) });
 * ```
 */
export function oracle(url: string | undefined, options: OracleOptions = {}): DatabaseAdapter {
  const target = parseOracleUrl(url);
  return {
    kind: "oracle",
    address: target.address,
    secrets: target.secrets,
    open: (settings, runtime) => {
      refuseWorkers(platformName());
      return openOracle(target, options, settings, runtime);
    },
  };
}

/** @throws TypeError on Workers: at the start, and not at the first request. */
export function refuseWorkers(platform: ReturnType<typeof platformName>): void {
  if (platform !== "workerd") return;
  throw new TypeError(
    "oracle: Node or Deno is needed, this is Cloudflare Workers, where node-oracledb cannot run; " +
      "run this instance on Node, or set DATABASE_URL to a postgres:// database",
  );
}

/** For tests, which hand in a driver of their own. */
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
    query: async <Row>(statement: Parameters<Database["query"]>[0], execution: Parameters<Database["query"]>[1]) => {
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
