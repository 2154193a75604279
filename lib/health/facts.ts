/** What health is judged by: gathered from the gate, the pool and one ping, in one go. */
import { type Database, DatabaseError, type PoolState } from "../database/port.ts";
import type { GateView } from "../gate/replies.ts";
import type { Guard } from "../guard/guard.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import { USELESS_AFTER_MS } from "./memo.ts";

export interface HealthFacts {
  /** Wall clock of the instance that gathered them. */
  readonly at: number;
  readonly ping: Ping;
  /** Of the instance's own share where the shared gate is away; null where nothing was said in time. */
  readonly gate: GateView | null;
  readonly storeReachable: boolean;
  readonly storeKind: Store["kind"];
  readonly pool: PoolState;
}

/** `unknown`: the database was not asked, nor lately. */
export type Ping =
  | { readonly status: "ok"; readonly latencyMs: number }
  | { readonly status: "error"; readonly latencyMs: number; readonly error: string }
  | { readonly status: "unknown" };

const UNKNOWN: Ping = { status: "unknown" };

export interface FactsOptions {
  readonly guard: Guard;
  readonly database: Database;
  readonly storeKind: Store["kind"];
  /** Longest that gathering may take. */
  readonly timeoutMs: number;
  /** Of that, the longest for the ping alone. */
  readonly pingTimeoutMs: number;
  readonly runtime: Runtime;
}

export interface Facts {
  readonly gather: () => Promise<HealthFacts>;
  /** What can be said without asking the database, and without waiting for the store. */
  readonly unasked: () => Promise<HealthFacts>;
}

export function createFacts(options: FactsOptions): Facts {
  const { guard, database, storeKind, timeoutMs, runtime } = options;
  let last = { ping: UNKNOWN, at: Number.NEGATIVE_INFINITY };

  /** Where there is no news the last news stands, as long as it says anything. */
  const pingNow = async () => {
    const ping = await pingDatabase(options);
    if (ping.status !== "unknown") last = { ping, at: runtime.monotonicMs() };
    return runtime.monotonicMs() - last.at <= USELESS_AFTER_MS ? last.ping : UNKNOWN;
  };
  const facts = (ping: Ping, gate: GateView | null): HealthFacts => ({
    at: runtime.wallMs(),
    ping,
    gate,
    storeReachable: gate !== null && guard.attached(),
    storeKind,
    pool: database.pool(),
  });

  return {
    gather: async () => {
      const startedAt = runtime.monotonicMs();
      const ping = await pingNow();
      // After the ping, so that what is said of the breaker is not older than what is said of the database.
      return facts(ping, await viewGate(guard, startedAt + timeoutMs - runtime.monotonicMs(), runtime));
    },
    unasked: async () => facts(UNKNOWN, await viewGate(guard, 0, runtime)),
  };
}

async function pingDatabase({ guard, database, timeoutMs, pingTimeoutMs, runtime }: FactsOptions): Promise<Ping> {
  const startedAt = runtime.monotonicMs();
  const latencyMs = () => Math.round(runtime.monotonicMs() - startedAt);
  // A store that does not answer does not even let the ping begin, and so its deadline neither.
  const giveUp = new AbortController();
  const timer = runtime.setTimer(() => giveUp.abort(), timeoutMs);
  try {
    await guard.run((call) => database.ping({ ...call, lane: "health", connectBy: startedAt + pingTimeoutMs }), {
      lane: "health",
      deadlineMs: pingTimeoutMs,
      signal: giveUp.signal,
    });
    return { status: "ok", latencyMs: latencyMs() };
  } catch (error) {
    // Another ping is under way, or there was no connection to ask by: no news, neither good nor bad.
    if (!(error instanceof DatabaseError) || error.fault === "exhausted") return UNKNOWN;
    return { status: "error", latencyMs: latencyMs(), error: `${error.code}: ${error.message}` };
  } finally {
    runtime.clearTimer(timer);
  }
}

/** Null where the store does not say it in time. */
async function viewGate(guard: Guard, withinMs: number, runtime: Runtime): Promise<GateView | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = runtime.setTimer(() => resolve(null), Math.max(0, withinMs));
  try {
    return await Promise.race([guard.view(), late]);
  } catch {
    return null;
  } finally {
    runtime.clearTimer(timer);
  }
}
