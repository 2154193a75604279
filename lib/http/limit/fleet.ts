/** Counting for the whole fleet where the store can, and what is done where it cannot or does not answer. */
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { Limiter, LimitRule, LimitVerdict, MaybePromise, Store } from "../../store/port.ts";
import { windowLimiter } from "./window.ts";

/** Like a {@link Limiter} that never fails; null: nobody knows, and it is let pass. */
export interface FleetLimiter {
  take(client: string): MaybePromise<LimitVerdict | null>;
  look(client: string): MaybePromise<LimitVerdict | null>;
}

export interface FleetLimiterOptions {
  readonly store: Pick<Store, "kind" | "openLimiter">;
  readonly prefix: string;
  readonly rule: LimitRule;
  readonly deadlineMs: number;
  /** While the store does not answer: `pass` counts nothing, `local` counts in this process. */
  readonly whenAway: "pass" | "local";
  readonly runtime: Runtime;
  readonly log: EventLog;
}

/** Opens what it needs with the first client. */
export function fleetLimiter(options: FleetLimiterOptions): FleetLimiter {
  const { store, prefix, rule, deadlineMs, runtime, log } = options;
  const local = windowLimiter(rule, runtime);
  if (!store.openLimiter) return local;

  let opened: Promise<Limiter | null> | undefined;
  const open = () => {
    opened ??= (store.openLimiter?.(prefix, rule, deadlineMs) ?? Promise.resolve(null)).catch((error: unknown) => {
      log.warn("limit.per_instance", { rule: rule.name, remedy: "npm install @upstash/ratelimit", error });
      return null;
    });
    return opened;
  };
  const asked = (what: "take" | "look") => async (client: string) => {
    const shared = await open();
    if (shared === null) return local[what](client);
    try {
      return await shared[what](client);
    } catch {
      // The gate says that the store is away, once; every client would say it again.
      return options.whenAway === "local" ? local[what](client) : null;
    }
  };
  return { take: asked("take"), look: asked("look") };
}
