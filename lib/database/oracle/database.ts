/** The database: lanes of connections to an Oracle, whichever driver opens them. */
import type { Runtime } from "../../runtime.ts";
import { withoutPackage } from "../driver-package.ts";
import { type Driver, openPooled, type PooledOptions } from "../pooled.ts";
import type { Database, DatabaseSettings } from "../port.ts";
import type { OracleAddress } from "./address.ts";
import { type Bind, toBinds } from "./binds.ts";
import { connect } from "./connection.ts";
import type { Dial } from "./session.ts";
import { streamOn } from "./stream.ts";
import type { HeldSession } from "./transaction.ts";
import { beginText, PING } from "./words.ts";

/** What an Oracle may be told, by code alone. */
export type OracleOptions = PooledOptions;

/** A standby, or a database that was opened for reading alone. */
const READ_ONLY = /^ORA-(01456|16000)$/;

const dialByDriver: Dial = async (request) => {
  const vendor = await import("./vendor.ts").catch((error: unknown) => {
    throw withoutPackage(error, "oracle", "oracledb");
  });
  return vendor.dial(request);
};

/** @param dial the driver: tests hand in one of their own. */
export function openOracle(
  target: OracleAddress,
  options: OracleOptions,
  settings: DatabaseSettings,
  runtime: Runtime,
  dial: Dial = dialByDriver,
): Database {
  const driver: Driver<Bind, HeldSession> = {
    kind: "oracle",
    address: target.address,
    traits: { serverTimeout: false, cancels: true, concurrent: true, streams: true },
    // Nobody but us ends a statement: neither the server nor, by a timer of its own, the driver.
    headroomMs: 0,
    pingText: PING,
    placeholder: (position) => `:${position}`,
    toBinds,
    isReadOnly: ({ vendorCode = "" }) => READ_ONLY.test(vendorCode),
    assertMode: beginText,
    connect: (plan) => connect({ ...plan, target, dial }),
    stream: streamOn,
  };
  return openPooled(driver, options, settings, runtime);
}
