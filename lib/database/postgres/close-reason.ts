/**
 * Why a pooler hung up. It says so, with FATAL, and closes; postgres.js takes that for a connection that was closed, keeps
 * the words for itself, and rejects with them the next who uses the client (`errorResponse` in its connection.js). So
 * that next one is ours. The client must be of no use to anybody else any more.
 */
import postgres from "postgres";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { codeOf } from "../failure.ts";

/** It takes another login, of which nobody's answer may depend for long. */
const LONGEST_MS = 1_000;

/** @returns `error` itself where nothing more is to be had. Never rejects. */
export async function closeReason(
  client: postgres.Sql,
  error: unknown,
  signal: AbortSignal,
  runtime: Runtime,
): Promise<unknown> {
  if (codeOf(error) !== "CONNECTION_CLOSED" || signal.aborted) return error;
  const said: unknown = await withDeadline(Promise.resolve(client.unsafe("select 1")), {
    ms: LONGEST_MS,
    signal,
    runtime,
    refuse: () => undefined,
  }).catch((reason: unknown) => reason);
  return said instanceof postgres.PostgresError ? said : error;
}
