/** One ping of the database, through the lane that is health's own: it neither waits for requests nor votes. */
import { type Database, DatabaseError } from "../database/port.ts";
import { WAIT_SHARE } from "../guard/database/database-call.ts";
import type { Guard } from "../guard/guard.ts";
import type { Runtime } from "../runtime.ts";
import { expireAfter } from "../time.ts";
import { USELESS_AFTER_MS } from "./memo.ts";

/**
 * `unknown`: the database was not asked, nor lately; `disabled`: there is none to ask. Latencies are the database's own,
 * without the way to its turn.
 */
export type Ping =
  | { readonly status: "ok"; readonly latencyMs: number }
  | { readonly status: "error"; readonly latencyMs: number; readonly error: string }
  | { readonly status: "unknown" }
  | { readonly status: "disabled" };

export const UNKNOWN: Ping = { status: "unknown" };
export const DISABLED: Ping = { status: "disabled" };

/** What the fleet last heard of its database. */
export interface News {
  readonly ping: Exclude<Ping, { readonly status: "unknown" | "disabled" }>;
  /** How old it was when it was handed on. */
  readonly ageMs: number;
}

/**
 * Where there is no news the last news stands, whoever heard it, as long as it says anything: who died with the one ping
 * that may run leaves the others without for a while.
 *
 * @param before What the last computation knew, and how long ago.
 */
export function latestNews(
  ping: Ping,
  before: { readonly news: News | null; readonly ageMs: number } | null,
): News | null {
  if (ping.status === "disabled") return null;
  if (ping.status !== "unknown") return { ping, ageMs: 0 };
  if (!before?.news) return null;
  const ageMs = before.news.ageMs + before.ageMs;
  return ageMs <= USELESS_AFTER_MS ? { ping: before.news.ping, ageMs } : null;
}

export interface PingOptions {
  readonly guard: Guard;
  readonly database: Database;
  /** Longest that it may take, the way to its turn included. */
  readonly timeoutMs: number;
  /** Of that, the longest for the database. */
  readonly pingTimeoutMs: number;
  readonly runtime: Runtime;
}

/** Never rejects. */
export async function pingDatabase({ guard, database, timeoutMs, pingTimeoutMs, runtime }: PingOptions): Promise<Ping> {
  if (database.isAbsent?.()) return DISABLED;
  const askedAt = runtime.monotonicMs();
  let startedAt = askedAt;
  const latencyMs = () => Math.round(runtime.monotonicMs() - startedAt);
  // A store that does not answer does not even let the ping begin, and so its deadline neither.
  const giveUp = new AbortController();
  const expiry = expireAfter(runtime, timeoutMs, () => giveUp.abort());
  try {
    await guard.run(
      ({ signal, deadlineMs, startBy, startByWallMs }) => {
        startedAt = runtime.monotonicMs();
        const connectBy = askedAt + pingTimeoutMs * WAIT_SHARE;
        return database.ping({ signal, deadlineMs, startBy, startByWallMs, lane: "health", connectBy });
      },
      { lane: "health", deadlineMs: pingTimeoutMs, signal: giveUp.signal },
    );
    return { status: "ok", latencyMs: latencyMs() };
  } catch (error) {
    // Another ping is under way, or there was no connection to ask by: no news, neither good nor bad.
    if (!(error instanceof DatabaseError) || error.fault === "exhausted") return UNKNOWN;
    return { status: "error", latencyMs: latencyMs(), error: `${error.code}: ${error.message}` };
  } finally {
    expiry.clear();
  }
}
