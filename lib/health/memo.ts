/**
 * One computation per period for the whole fleet, however many ask. Readers of a fresh value cost nothing; the others
 * wait for the one computation, and where that takes too long, get the old value and are told so.
 *
 * Two tiers: what this instance has, and behind it what the fleet knows ({@link Tier}). The age of a value is the store's
 * count up to the moment it was asked plus the time since then, so both together never make it younger than it is.
 */
import type { Runtime } from "../runtime.ts";
import type { MaybePromise } from "../store/port.ts";
import type { Kept } from "./claim.ts";
import type { Scope, Tier } from "./tier.ts";

/** Older than this a value says nothing about now. */
export const USELESS_AFTER_MS = 10_000;
/** Of a claimant beyond the time of its computation; then another one takes its place. */
const CLAIM_GRACE_MS = 1_000;
/** Between looks at what somebody else computes: the first, then twice as long each time. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 50;
/** Of a reader's wait, for telling the fleet, where nobody else does that. */
const TELLING_SHARE = 0.25;

export interface Memoized<Value> {
  readonly value: Value;
  readonly ageMs: number;
  /** Older than the period, because the computation under way takes too long. */
  readonly stale: boolean;
}

export interface Computation<Value> {
  /** The last value, whoever computed it, and however old. */
  readonly previous: Memoized<Value> | null;
  readonly scope: Scope;
  /** Longest it may take. */
  readonly withinMs: number;
}

export interface MemoOptions<Value> {
  /** 0: no value outlives its computation. Those who ask meanwhile still share it. */
  readonly ttlMs: number;
  /** Longest a reader waits for the computation under way. */
  readonly waitMs: number;
  readonly tier: Tier;
  /**
   * Whether requests of this instance may wait for each other's promises. Where they may not, a computation belongs to
   * one request, which has to tell the fleet before its own wait is over.
   */
  readonly sharesIo: boolean;
  readonly compute: (computation: Computation<Value>) => Promise<Value>;
  readonly encode: (value: Value) => string;
  /** Null for a text that is none of ours. */
  readonly decode: (text: string) => Value | null;
  readonly elapsedMs: () => number;
  readonly runtime: Runtime;
}

/**
 * @returns Reads the value, at once where it is fresh; null where there is none that still says something, and the wait
 * was in vain.
 */
export function createMemo<Value>(options: MemoOptions<Value>): () => MaybePromise<Memoized<Value> | null> {
  const { ttlMs, waitMs, tier, sharesIo, compute, encode, decode, elapsedMs, runtime } = options;
  const claimMs = waitMs + CLAIM_GRACE_MS;
  const tellMs = sharesIo ? 0 : waitMs * TELLING_SHARE;
  /** `since`, on the clock of elapsed time, is when its computation began, or somewhat before. */
  let last: { readonly value: Value; readonly since: number } | null = null;
  let running: Promise<unknown> | null = null;

  const lastAgeMs = () => (last ? elapsedMs() - last.since : Number.POSITIVE_INFINITY);
  const remembered = (stale: boolean): Memoized<Value> | null =>
    last && { value: last.value, ageMs: Math.floor(lastAgeMs()), stale };
  const keep = (value: Value, since: number) => {
    if (!last || since >= last.since) last = { value, since };
  };
  /** @returns False where it cannot be read. */
  const hear = (kept: Kept | null, askedAt: number): boolean => {
    const value = kept && decode(kept.text);
    if (value !== null) keep(value, askedAt - (kept?.ageMs ?? 0));
    return !kept || value !== null;
  };

  async function computed(scope: Scope, since: number, withinMs: number): Promise<Value> {
    const value = await compute({ previous: remembered(true), scope, withinMs });
    keep(value, since);
    return value;
  }

  async function refresh(): Promise<void> {
    const until = elapsedMs() + waitMs;
    let oldestMs = ttlMs;
    for (let looks = 0, pauseMs = FIRST_PAUSE_MS; ; looks++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const askedAt = elapsedMs();
      // A request that has waited already has not the time left that a computation needs.
      const claims = looks === 0 || sharesIo;
      const { reply, scope } = await tier.ask({ kind: "look", ttlMs: oldestMs, claimMs: claims ? claimMs : null });
      if ("last" in reply && !hear(reply.last, askedAt)) oldestMs = 0;
      if (reply.kind === "granted") {
        const end = looks === 0 ? until : askedAt + waitMs;
        const value = await computed(scope, askedAt, Math.max(1, end - tellMs - elapsedMs()));
        const told = tier.ask({ kind: "finish", generation: reply.generation, text: encode(value) }, scope);
        if (!sharesIo) await told;
        return;
      }
      const leftMs = until - elapsedMs();
      if (lastAgeMs() < ttlMs || leftMs <= 0) return;
      await pause(runtime, Math.min(pauseMs, leftMs));
    }
  }

  const refreshed = () => {
    const begin = ttlMs === 0 ? () => computed("instance", elapsedMs(), waitMs) : refresh;
    if (!sharesIo) return begin();
    running ??= begin().finally(() => {
      running = null;
    });
    return running;
  };

  return () => {
    if (lastAgeMs() < ttlMs) return remembered(false);
    return new Promise((resolve) => {
      const finish = (done: boolean) => {
        runtime.clearTimer(timer);
        const stale = !done || (ttlMs > 0 && lastAgeMs() >= ttlMs);
        resolve(stale && lastAgeMs() > USELESS_AFTER_MS ? null : remembered(stale));
      };
      const timer = runtime.setTimer(() => finish(false), waitMs);
      refreshed().then(
        () => finish(true),
        () => finish(false),
      );
    });
  };
}

function pause(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => {
    runtime.setTimer(resolve, ms);
  });
}
