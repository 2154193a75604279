/** The lanes: how many permits may be out, and for how long after their holder was last heard. */
import type { Core } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { GateConfig, Lane } from "./types.ts";

/** How long a statement may take to stop after its deadline. */
export const CANCEL_GRACE_MS = 2_000;
export const LEASE_MS = 2_000;
/** How often an instance under load renews, where the fleet is not too large for that. */
export const RENEW_WITHIN_MS = 250;
/** A lease lasts for so many renewals, so that some of them may be lost. */
export const RENEWALS_A_LEASE = 4;
/** A probe may run so long at first; each that did not succeed doubles it. */
export const PROBE_DEADLINE_MS = 10_000;
export const MOST_PROBE_DOUBLINGS = 15;
export const RAMP_STEP_MS = 250;

/** After a recovery it starts at the number of probes and doubles every 250 ms up to what is configured. Rule 11. */
export function capacityInForce({ core, config, now }: Turn, lane: Lane): number {
  const capacity = config.capacity[lane];
  const grows = lane !== "health" && core.recoveredAt > 0 && core.state === "closed" && config.mode === "on";
  if (!grows) return capacity;
  return Math.min(capacity, config.probes * 2 ** Math.floor((now - core.recoveredAt) / RAMP_STEP_MS));
}

/** What may still be granted. Less than nothing where more is out than is in force. Rule 3. */
export function roomIn(turn: Turn, lane: Lane): number {
  return capacityInForce(turn, lane) - turn.core.permits[lane] - turn.core.owed[lane];
}

/** The larger the fleet, the less often each instance renews. Rule 7. */
export function renewWithinMs({ core, config }: Turn): number {
  return Math.max(RENEW_WITHIN_MS, Math.ceil((core.active * 1_000) / config.renewalsPerSecond));
}

export function leaseMs(turn: Turn): number {
  return Math.max(LEASE_MS, RENEWALS_A_LEASE * renewWithinMs(turn));
}

/** Longest a probe may run in that lane. */
export function probeDeadlineMs(core: Core, config: GateConfig, lane: Lane): number {
  return Math.min(config.deadlineMs[lane], PROBE_DEADLINE_MS * 2 ** Math.min(core.failedProbes, MOST_PROBE_DOUBLINGS));
}

/** Beyond a lease, what a call that began at its end may still take. Rule 4. */
export function outlastsMs(config: GateConfig, deadlineMs: number): number {
  return config.connectTimeoutMs + deadlineMs + CANCEL_GRACE_MS;
}
