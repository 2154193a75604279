/** The database: lanes of connections to a PostgreSQL. */
import type { Runtime } from "../../runtime.ts";
import { type Driver, openPooled, type PooledOptions } from "../pooled.ts";
import type { Database, DatabaseSettings } from "../port.ts";
import { type Bind, placeholder, toBinds } from "../wire/binds.ts";
import { type PostgresAddress, settingsFor } from "./address.ts";
import type { PostgresSsl } from "./client.ts";
import { connect } from "./connection.ts";
import { streamOn } from "./stream.ts";
import type { HeldChannel } from "./transaction.ts";

/** What a PostgreSQL may be told, by code alone. */
export interface PostgresOptions extends PooledOptions {
  /** Overrides `sslmode` of the URL: a mode, or the TLS options of the platform. */
  readonly ssl?: PostgresSsl;
}

/** The server's own timeout gets this long to arrive before a cancel, which can hit a later statement, is risked. */
const SERVER_TIMEOUT_HEADROOM_MS = 500;

export function openPostgres(
  target: PostgresAddress,
  options: PostgresOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
): Database {
  const driver: Driver<Bind, HeldChannel> = {
    kind: "postgres",
    address: target.address,
    traits: { serverTimeout: true, cancels: true, concurrent: true, streams: true },
    headroomMs: SERVER_TIMEOUT_HEADROOM_MS,
    pingText: "select 1",
    placeholder,
    toBinds,
    isReadOnly: ({ vendorCode }) => vendorCode === "25006",
    assertMode: () => {},
    connect: (plan, deadlineMs, onLetIn) => connect({ ...plan, target, ssl: options.ssl }, deadlineMs, onLetIn),
    stream: streamOn,
  };
  return openPooled(driver, options, settingsFor(target, settings), runtime);
}
