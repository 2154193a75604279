/** What errors of `pg` mean, beyond what those of any driver do. */
import { databaseError } from "../../database/failure.ts";
import { faultOf } from "../../database/fault-of.ts";
import type { DatabaseError } from "../../database/port.ts";
import { toPostgresError } from "../../database/postgres/errors.ts";
import { fieldOf } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import { stoodStill } from "../arrival.ts";
import type { PoolOptions } from "./driver.ts";

/** The statement goes on at the server: `query_timeout` only stops the wait for it. */
export const isReadTimeout = (error: unknown): boolean => fieldOf(error, "message") === "Query read timeout";

/** Of the pool, for a connection and for its line, and of a client. */
const CONNECT_TIMEOUT =
  /^(?:Connection terminated due to connection timeout|timeout e(?:xpired|xceeded when trying to connect))$/;

/** By a timer that was heard before what had arrived was read. */
export const isLateTimeout = (
  error: unknown,
  { connectionTimeoutMillis = Number.POSITIVE_INFINITY }: PoolOptions,
  sinceMs: number,
  runtime: Runtime,
): boolean =>
  CONNECT_TIMEOUT.test(String(fieldOf(error, "message"))) && stoodStill(runtime, sinceMs, connectionTimeoutMillis);

/** That no connection could be opened. */
export function whileConnecting(error: unknown): DatabaseError {
  return faultOf(error) === "exhausted" ? databaseError("exhausted", error) : toPostgresError(error, "connecting");
}
