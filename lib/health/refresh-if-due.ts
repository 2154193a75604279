/** Who refuses callers sees to it that the fleet goes on asking its database, whatever monitors do. */
import type { Last } from "./last.ts";
import type { Scope, Tier } from "./tier.ts";

/** Of two good pings that end an open period the second is as much later. */
export const LOOKS_APART_MS = 5_000;

export interface LookOptions {
  readonly tier: Tier;
  readonly claimMs: number;
  readonly last: Pick<Last<unknown>, "ageMs" | "hear">;
  /** Computes what was granted, and tells the fleet. */
  readonly fulfil: (generation: number, scope: Scope, askedAt: number) => Promise<void>;
  readonly elapsedMs: () => number;
}

/** @returns A look, which begins the fleet's one computation where that is due; null where nothing was to be done. */
export function createLook({ tier, claimMs, last, fulfil, elapsedMs }: LookOptions): () => Promise<void> | null {
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(askedAt: number): Promise<void> {
    const { reply, scope } = await tier.ask({ kind: "look", ttlMs: LOOKS_APART_MS, claimMs });
    const heard = "last" in reply && last.hear(reply.last, askedAt);
    // The next one is due when that value has its age, and not only when this look has.
    if (reply.kind === "fresh" && heard) lookedAt = Number.NEGATIVE_INFINITY;
    if (reply.kind === "granted") await fulfil(reply.generation, scope, askedAt);
  }

  return () => {
    const askedAt = elapsedMs();
    if (askedAt - lookedAt < LOOKS_APART_MS || last.ageMs() < LOOKS_APART_MS) return null;
    lookedAt = askedAt;
    return look(askedAt).catch(() => {});
  };
}
