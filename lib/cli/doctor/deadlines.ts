/** Whether the server itself ends a statement when `DB_CALL_TIMEOUT_MS` says so: something in between may swallow that. */
import type { Config } from "../../config.ts";
import { sql } from "../../database/sql.ts";
import type { Runtime } from "../../runtime.ts";
import { type Check, fail, ok } from "./check.ts";
import type { Ask } from "./visit.ts";

const IN_FORCE = sql`select setting::int as ms from pg_settings where name = 'statement_timeout'`;

export async function checkDeadlines(ask: Ask, { pool }: Config, runtime: Runtime): Promise<Check> {
  const askedAt = runtime.monotonicMs();
  const [row] = await ask<{ readonly ms: number }>(IN_FORCE);
  // Behind a pooler the server is told what is left of the time when a transaction begins.
  const spentMs = runtime.monotonicMs() - askedAt;
  const inForceMs = row?.ms ?? 0;
  if (inForceMs <= pool.callTimeoutMs && inForceMs >= Math.max(1, pool.callTimeoutMs - spentMs))
    return ok("deadlines", `the server itself ends a statement after ${pool.callTimeoutMs} ms (statement_timeout)`);
  const found =
    inForceMs === 0
      ? "statement_timeout is not in force: the server never ends a statement by itself"
      : `statement_timeout is ${inForceMs} ms, and DB_CALL_TIMEOUT_MS ${pool.callTimeoutMs}`;
  const remedy =
    pool.pooler === "none"
      ? "set DB_POOLER=transaction: what is in between keeps the setting for itself"
      : "let what is in between pass on what a transaction sets for itself (set local)";
  return fail("deadlines", found, remedy);
}
