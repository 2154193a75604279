/** Until when a home has to remember a gate at which nobody renews any more. Rule 17. */
import { SILENT_MS } from "./sessions.ts";
import type { Session } from "./state.ts";
import type { Turn } from "./turn.ts";
import { LANES } from "./types.ts";

/** It is set anew once such a part of the time is over, not at every renewal: a home may have to write it down. */
export const KEPT_PARTS = 4;

/** @param sender What the others hold was looked at when they were heard, and nothing makes it last longer but they. */
export function keep({ core, config, now }: Turn, sender: Session | undefined): void {
  const inForce = Math.max(core.openUntil, core.retryAt, core.override?.until ?? 0);
  let needed = Math.max(inForce, now + Math.max(SILENT_MS, config.windowSeconds * 1_000));
  if (sender) {
    for (const lane of LANES) needed = Math.max(needed, sender.lanes[lane].until, sender.lanes[lane].probesUntil);
  }
  needed += config.keptMs;
  if (needed > core.keptUntil) core.keptUntil = needed + Math.floor(config.keptMs / KEPT_PARTS);
}
