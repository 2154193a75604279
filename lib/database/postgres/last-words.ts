/**
 * Why a pooler hung up. It says so, with FATAL, and closes; postgres.js takes that for a connection that was closed, keeps
 * the words for itself, and rejects with them the next who uses the client (`errorResponse` in its connection.js). So
 * that next one is ours. The client must be of no use to anybody else any more.
 */
import postgres from "postgres";
import type { Runtime } from "../../runtime.ts";
import { codeOf } from "../failure.ts";
import { within } from "../within.ts";

/** It takes another login, of which nobody's answer may depend for long. */
const LONGEST_MS = 1_000;

/** @returns `error` itself where nothing more is to be had. Never rejects. */
export async function lastWords(
  client: postgres.Sql,
  error: unknown,
  signal: AbortSignal,
  runtime: Runtime,
): Promise<unknown> {
  if (codeOf(error) !== "CONNECTION_CLOSED" || signal.aborted) return error;
  const nothing = new Error("no words");
  const bound = { by: runtime.monotonicMs() + LONGEST_MS, signal };
  const words: unknown = await within(Promise.resolve(client.unsafe("select 1")), bound, runtime, () => nothing).catch(
    (said: unknown) => said,
  );
  return words instanceof postgres.PostgresError ? words : error;
}
