/**
 * Oracle by node-oracledb in its thin mode, on Node and Deno.
 *
 * Map of this folder: `address` reads the URL, `database` is the database, `client` opens a connection and ends it,
 * `channel` is its wire; `connection` runs statements on it, `transaction` and `stream` hold it for longer, `words` is the
 * SQL around that; `errors` says what went wrong, `binds` and `values` are the ways in and out.
 * `session` is what all of these need of a driver; `vendor`, with `sockets` and `types`, is the driver, and is loaded when
 * the first connection is opened.
 *
 * What it cannot do: have the server end a statement. One whose connection was destroyed may run on at the server until
 * that next looks at the network (`SQLNET.EXPIRE_TIME`); a directive of Resource Manager that switches to `CANCEL_SQL`
 * after `SWITCH_ELAPSED_TIME` is the real fence. Nor has the server a timeout for idle transactions that a client could
 * set: one whose process is frozen keeps its locks, unless `MAX_IDLE_BLOCKER_TIME` is set there.
 */

import { assertInstalled } from "../../optional-package.ts";
import { platformName } from "../../runtime.ts";
import type { DatabaseAdapter } from "../port.ts";
import { parseOracleUrl } from "./address.ts";
import { type OracleOptions, openOracle } from "./database.ts";

export type { PooledOptions } from "../pooled.ts";
export type { DatabaseAdapter } from "../port.ts";
export type { OracleOptions } from "./database.ts";

/**
 * An Oracle database. Connects to nothing until the first statement.
 *
 * Every statement outside of a transaction is committed at once. In one, a statement that fails undoes itself alone;
 * definitions are refused, because Oracle commits around them, and so is `repeatable read`, which it does not have. Names of columns come in lower case; `NUMBER` is a number while it is whole and
 * exact, else its text; times without a zone are read as UTC; booleans are bound as 1 and 0.
 *
 * @param url `oracle://user:password@host:1521/service`; `?protocol=tcps` for TLS, and parameters of Easy Connect.
 * @throws TypeError when the URL is missing or is none of Oracle, or the driver is not installed; on Workers, where the driver cannot run, when opened.
 * @example
 * ```ts
 * const tide = tidegate({ database: oracle(process.env.DATABASE_URL), store: memory() });
 * ```
 */
export function oracle(url: string | undefined, options: OracleOptions = {}): DatabaseAdapter {
  const target = parseOracleUrl(url);
  assertInstalled("oracle", "oracledb");
  return {
    kind: "oracle",
    address: target.address,
    secrets: target.secrets,
    open: (settings, runtime) => {
      refuseWorkers();
      return openOracle(target, options, settings, runtime);
    },
  };
}

/** At the start, and not at the first request. */
function refuseWorkers(): void {
  if (platformName() !== "workerd") return;
  throw new TypeError(
    "oracle: Node or Deno is needed, this is Cloudflare Workers, where node-oracledb cannot run; " +
      "run this instance on Node, or set DATABASE_URL to a postgres:// database",
  );
}
