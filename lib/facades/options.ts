/** Limits of a guarded pool, whichever driver it is of. */
import { QUEUED_LANES, type QueuedLane } from "../gate/types.ts";
import { type AmbientLimits, ambientLimits, type CallLimits, narrowed } from "../guard/ambient.ts";
import type { Guard } from "../guard/guard.ts";

/** Limits of a guarded pool, for each of its statements and connections. */
export interface FacadeOptions extends CallLimits {
  /** Whose permits they take, where `tide.with` says nothing about it. Default: `request`. */
  readonly lane?: QueuedLane | undefined;
}

export interface Limits extends CallLimits {
  readonly lane: QueuedLane;
  readonly waitMs: number;
}

const OPTIONS = ["lane", "deadlineMs", "waitMs", "signal"] as const;

/** As they are where this is asked: those of the request or of `tide.with` before those of the pool. */
export function limitsHere(guard: Guard, options: FacadeOptions, ambient: AmbientLimits = ambientLimits()): Limits {
  const { lane: own, ...limits } = options;
  const { lane = own ?? "request", ...around } = ambient;
  const { waitMs = guard.waitMsOf(lane), ...rest } = narrowed(limits, around);
  return { ...rest, waitMs, lane };
}

/**
 * @param what Who was given them, such as `guardPool`.
 * @param elsewhere Where other options go, such as `new Pool({ … })`.
 * @throws TypeError for options that are none, RangeError for values that they cannot have.
 */
export function assertOptions(what: string, elsewhere: string, given: FacadeOptions): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`${what}: options such as { lane: "slow" } are needed, was ${typeof given}`);
  }
  for (const name of Object.keys(given)) {
    if ((OPTIONS as readonly string[]).includes(name)) continue;
    throw new TypeError(`${what}: options are ${OPTIONS.join(", ")}, was ${name}; the driver's own go to ${elsewhere}`);
  }
  const { lane, deadlineMs, waitMs } = given;
  if (lane !== undefined && !(QUEUED_LANES as readonly unknown[]).includes(lane)) {
    throw new RangeError(`${what}: lane must be one of ${QUEUED_LANES.join(", ")}, was ${String(lane)}`);
  }
  if (deadlineMs !== undefined && !(typeof deadlineMs === "number" && deadlineMs > 0)) {
    throw new RangeError(`${what}: deadlineMs must be a number above 0, was ${String(deadlineMs)}`);
  }
  if (waitMs !== undefined && !(typeof waitMs === "number" && waitMs >= 0)) {
    throw new RangeError(`${what}: waitMs must be a number from 0, was ${String(waitMs)}`);
  }
}
