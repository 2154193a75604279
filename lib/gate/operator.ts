/** The operator's override: shared, always with an end, an actor and a reason. Rule 13. */
import { begin, enter, stayOpenUntil } from "./breaker.ts";
import type { TransitionCause } from "./events.ts";
import type { Operate, OperateReply } from "./renewal.ts";
import { OP_IDS_KEPT } from "./state.ts";
import { report, type Turn } from "./turn.ts";
import type { Override } from "./types.ts";

/** @param isDone It came with a renewal that was heard before, or too long ago: whatever it was to do is done. */
export function operate(turn: Turn, command: Operate, isDone: boolean): OperateReply {
  const { core } = turn;
  const unchanged = (reason: "stale" | "repeated"): OperateReply => ({
    kind: "unchanged",
    reason,
    overrideVersion: core.overrideVersion,
  });
  if (core.opIds.includes(command.opId)) return unchanged("repeated");
  if (isDone) return unchanged("stale");
  if (command.expectedVersion !== null && command.expectedVersion !== core.overrideVersion) return unchanged("stale");

  core.opIds.push(command.opId);
  if (core.opIds.length > OP_IDS_KEPT) core.opIds.shift();
  core.overrideVersion += 1;
  core.operated = true;
  const { mode, actor, reason } = command;
  const holds = mode !== "auto" && mode !== "reset";
  const until = holds ? turn.now + command.ttlMs : turn.now;
  report(turn, { kind: "override", at: turn.now, mode, until, actor, reason });
  if (holds) beginOverride(turn, { mode, until, actor, reason }, "override");
  else if (mode === "reset") startOver(turn);
  else if (core.override) endOverride(turn, turn.now, "override");
  return { kind: "operated", overrideVersion: core.overrideVersion };
}

/** Puts an override in force, whatever was in force before. */
export function beginOverride(turn: Turn, override: Override, cause: TransitionCause): void {
  const { core, now } = turn;
  const replaced = core.override?.mode;
  core.override = override;
  core.observedUntil = 0;
  core.failedRecoveries = 0;
  if (override.mode === "force_open") {
    if (core.state !== "open") enter(turn, "open", now, cause);
    stayOpenUntil(turn, override.until);
  } else if (override.mode === "force_closed" || replaced === "force_closed" || core.state !== "closed") {
    enter(turn, "closed", now, cause);
  }
}

/** `force_open` leaves through probes; `force_closed` leaves with an empty window; `observe` leaves with its own. */
export function endOverride(turn: Turn, at: number, cause: TransitionCause): void {
  const { core } = turn;
  const mode = core.override?.mode;
  core.override = null;
  if (mode === "force_open") enter(turn, "half_open", at, cause);
  if (mode === "force_closed") enter(turn, "closed", at, cause);
}

/** Closed as on the first day, whatever was: what is in flight belongs to a generation that is over, and has no vote. */
function startOver(turn: Turn): void {
  const { core, now } = turn;
  core.override = null;
  core.observedUntil = 0;
  core.failedRecoveries = 0;
  core.pingsEndedAt = 0;
  if (core.state === "closed") begin(turn, "closed", now);
  else enter(turn, "closed", now, "override");
}
