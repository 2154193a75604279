/** Who refuses callers sees to it that the fleet goes on asking its database, whatever monitors do. */
import type { LastValue } from "./last-value.ts";
import type { Scope, Tier } from "./tier.ts";

/** Of two good pings that end an open period the second is as much later. */
export const REFRESHES_APART_MS = 5_000;

export interface RefreshOptions {
  readonly tier: Tier;
  readonly claimMs: number;
  readonly last: Pick<LastValue<unknown>, "ageMs" | "hear">;
  /** Computes what was granted, and tells the fleet. */
  readonly fulfil: (generation: number, scope: Scope, askedAt: number) => Promise<void>;
  readonly elapsedMs: () => number;
}

/** @returns What begins the fleet's one computation where that is due, and is null where nothing was to be done. */
export function createRefreshIfDue({
  tier,
  claimMs,
  last,
  fulfil,
  elapsedMs,
}: RefreshOptions): () => Promise<void> | null {
  let askedLastAt = Number.NEGATIVE_INFINITY;

  async function refresh(askedAt: number): Promise<void> {
    const { reply, scope } = await tier.ask({ kind: "look", ttlMs: REFRESHES_APART_MS, claimMs });
    const heard = "last" in reply && last.hear(reply.last, askedAt);
    // The next one is due when that value has its age, and not only when this question has.
    if (reply.kind === "fresh" && heard) askedLastAt = Number.NEGATIVE_INFINITY;
    if (reply.kind === "granted") await fulfil(reply.generation, scope, askedAt);
  }

  return () => {
    const askedAt = elapsedMs();
    if (askedAt - askedLastAt < REFRESHES_APART_MS || last.ageMs() < REFRESHES_APART_MS) return null;
    askedLastAt = askedAt;
    return refresh(askedAt).catch(() => {});
  };
}
