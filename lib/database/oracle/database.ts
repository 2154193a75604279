/** The database: lanes of connections to an Oracle, whichever driver opens them. */
import type { Runtime } from "../../runtime.ts";
import { type Driver, openPooled, type PooledOptions } from "../pooled.ts";
import type { Database, DatabaseSettings } from "../port.ts";
import type { OracleAddress } from "./address.ts";
import { type Bind, toBinds } from "./binds.ts";
import { connect } from "./connection.ts";
import type { Dial } from "./session.ts";
import { streamOn } from "./stream.ts";
import type { HeldSession } from "./transaction.ts";
import { beginText } from "./words.ts";

/** What an Oracle may be told, by code alone. */
export type OracleOptions = PooledOptions;

/** The break of the driver's call timeout, due at the same moment, has this long to be answered before one of ours. */
const CALL_TIMEOUT_HEADROOM_MS = 100;

/** @param dial the driver: tests hand in one of their own. */
export function openOracle(
  target: OracleAddress,
  options: OracleOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
  dial: Dial = async (request) => (await import("./vendor.ts")).dial(request),
): Database {
  const driver: Driver<Bind, HeldSession> = {
    kind: "oracle",
    address: target.address,
    traits: { serverTimeout: false, cancels: true, concurrent: true, streams: true },
    headroomMs: CALL_TIMEOUT_HEADROOM_MS,
    pingText: "select 1 from dual",
    placeholder: (position) => `:${position}`,
    toBinds,
    assertMode: beginText,
    connect: (plan) => connect({ ...plan, target, dial }),
    stream: streamOn,
  };
  return openPooled(driver, options, settings, runtime);
}
