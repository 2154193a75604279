/** States on demand: an open breaker, a full lane. They are real states of a real gate, brought about by real means. */
import type { QueuedLane } from "../gate/types.ts";
import type { Tidegate } from "../tidegate.ts";

/** Long enough for any test; `release` ends it. */
const FORCED_MS = 3_600_000;

/** Ends a forced state. */
export type Release = () => Promise<void>;

/**
 * Every call is refused with `CIRCUIT_BREAKER_OPEN` until released.
 *
 * @throws What `tide.override` throws.
 * @example
 * ```ts
 * const release = await openBreaker(tide);
 * expect((await app.request("/orders/1")).status).toBe(503);
 * await release();
 * ```
 */
export async function openBreaker(tide: Tidegate): Promise<Release> {
  const command = { ttlMs: FORCED_MS, actor: "test", reason: "forced by a test" };
  await tide.override({ ...command, mode: "force_open" });
  // Through closed: a breaker that was forced open would otherwise want its probes first.
  return async () => {
    await tide.override({ ...command, mode: "force_closed" });
    await tide.override({ ...command, mode: "auto" });
  };
}

/**
 * Takes every permit of a lane: calls wait, and are refused with `DB_POOL_EXHAUSTED` when their wait is over. Holds them
 * until released, or for as long as a call of that lane may run; what becomes of the holders counts for nothing.
 *
 * @throws What `tide.view` throws.
 * @example
 * ```ts
 * const release = await fillLane(tide, "slow");
 * expect((await app.request("/reports/1")).status).toBe(503);
 * await release();
 * ```
 */
export async function fillLane(tide: Tidegate, lane: QueuedLane = "request"): Promise<Release> {
  const { promise: released, resolve } = Promise.withResolvers<void>();
  const { capacity, running } = (await tide.view()).lanes[lane];
  const hold = () => tide.run(() => released, { lane, classify: () => "ignored" });
  const holders = Promise.allSettled(Array.from({ length: Math.max(0, capacity - running) }, hold));
  return async () => {
    resolve();
    await holders;
  };
}
