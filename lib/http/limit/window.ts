/** Counting in this process: for homes that count for nobody, and for when the one that does is away. */
import type { Runtime } from "../../runtime.ts";
import type { Limiter, LimitRule, LimitVerdict } from "../../store/port.ts";

/** Clients remembered at most; beyond it the one whose window began first is forgotten. */
const MOST_CLIENTS = 10_000;

interface Window {
  readonly beganAt: number;
  taken: number;
}

/** A window of a client's begins with its first request. */
export function windowLimiter({ count, windowMs }: LimitRule, runtime: Runtime): Limiter {
  // In the order in which windows began.
  const windows = new Map<string, Window>();

  const presentOf = (client: string, now: number): Window | null => {
    const window = windows.get(client);
    return window && now - window.beganAt < windowMs ? window : null;
  };
  const begin = (client: string, now: number): Window => {
    const window = { beganAt: now, taken: 0 };
    windows.delete(client);
    const [oldest] = windows.keys();
    if (windows.size >= MOST_CLIENTS && oldest !== undefined) windows.delete(oldest);
    windows.set(client, window);
    return window;
  };
  const verdict = (window: Window | null, allowed: boolean, now: number): LimitVerdict => ({
    allowed,
    remaining: count - (window?.taken ?? 0),
    resetMs: window ? window.beganAt + windowMs - now : windowMs,
  });
  return {
    take: (client) => {
      const now = runtime.monotonicMs();
      const window = presentOf(client, now) ?? begin(client, now);
      const allowed = window.taken < count;
      if (allowed) window.taken += 1;
      return verdict(window, allowed, now);
    },
    look: (client) => {
      const now = runtime.monotonicMs();
      const window = presentOf(client, now);
      return verdict(window, (window?.taken ?? 0) < count, now);
    },
  };
}
