/** Time passing: whatever was due since the last renewal happens as of when it was due, in a fixed order. */
import { enter } from "./breaker.ts";
import { endOverride } from "./operator.ts";
import { passSessions } from "./sessions.ts";
import type { Turn } from "./turn.ts";
import { rollWindow } from "./window.ts";

export function passTime(turn: Turn): void {
  const { core, now } = turn;
  if (core.override && core.override.until <= now) endOverride(turn, core.override.until, "override_ended");
  if (openPeriodIsOver(turn)) enter(turn, "half_open", core.openUntil, "open_period_over");
  passSessions(turn);
  rollWindow(turn);
}

/** Under `force_open` it is as long as the override, whose end came first. */
function openPeriodIsOver({ core, now }: Turn): boolean {
  return core.state === "open" && core.openUntil <= now;
}
