/** Good pings of the fleet's health make a recovery shorter, and spare callers from having to try. Rules 9 and 10. */
import { enter, succeeded } from "./breaker.ts";
import type { Turn } from "./turn.ts";

/** Between two pings that count: the fleet makes one in 5 s, and some take longer to be told of than others. */
export const PINGS_APART_MS = 4_500;
export const PINGS_NEEDED = 2;
/** Where no call came for so long, pings stand in for probes. */
export const CALLS_AWAY_MS = 5_000;

export function ping(turn: Turn, ok: boolean): void {
  const { core, now, config } = turn;
  if (!ok) {
    core.goodPings = 0;
    return;
  }
  if (core.goodPings > 0 && now - core.goodPingAt < PINGS_APART_MS) return;
  core.goodPings += 1;
  core.goodPingAt = now;
  // That it answers says nothing about how fast it is.
  if (!core.pingsTrusted || core.slowOpened || core.override || config.mode !== "on") return;
  if (now < core.retryAt) return;
  if (core.state === "half_open" && now - core.lastCallAt >= CALLS_AWAY_MS) succeeded(turn, 1);
  if (core.state === "open" && core.goodPings >= PINGS_NEEDED) {
    core.pingsEndedAt = now;
    enter(turn, "half_open", now, "pings_succeeded");
  }
}
