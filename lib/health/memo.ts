/**
 * One computation per period for the whole fleet, however many ask. Readers of a fresh value cost nothing; the others
 * wait for the one computation, and where that takes too long, get the old value and are told so.
 *
 * Two tiers: what this instance has, and behind it what the fleet knows ({@link Tier}). The age of a value is the store's
 * count up to the moment it was asked plus the time since then, so both together never make it younger than it is.
 */
import type { Runtime } from "../runtime.ts";
import type { MaybePromise } from "../store/port.ts";
import { sleep, withDeadline } from "../time.ts";
import { createLastValue, type Memoized } from "./last-value.ts";
import { createRefreshIfDue } from "./refresh-if-due.ts";
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

export interface Memo<Value> {
  /** At once where it is fresh; null where there is none that still says something, and the wait was in vain. */
  read(): MaybePromise<Memoized<Value> | null>;
  /**
   * At once where there is one of the last 10 s, for who asks now and then and waits for nobody: the next one is seen to
   * meanwhile. Else as {@link read}.
   */
  recent(): MaybePromise<Memoized<Value> | null>;
  /**
   * Sees to it that there is a value of the last 5 s, whatever the period is: begins the fleet's one computation where
   * it is due and nobody else has, and waits for neither.
   *
   * @returns What it has begun, which never rejects; null: nothing.
   */
  refreshIfDue(): Promise<void> | null;
}

export function createMemo<Value>(options: MemoOptions<Value>): Memo<Value> {
  const { ttlMs, waitMs, tier, sharesIo, compute, encode, elapsedMs, runtime } = options;
  const claimMs = waitMs + CLAIM_GRACE_MS;
  const tellMs = sharesIo ? 0 : waitMs * TELLING_SHARE;
  const last = createLastValue(options);
  let running: Promise<unknown> | null = null;

  async function computed(scope: Scope, since: number, withinMs: number): Promise<Value> {
    const value = await compute({ previous: last.get(true), scope, withinMs });
    last.keep(value, since);
    return value;
  }

  /** Does what was granted, and tells the fleet. */
  async function fulfil(generation: number, scope: Scope, askedAt: number): Promise<void> {
    const value = await computed(scope, askedAt, Math.max(1, askedAt + waitMs - tellMs - elapsedMs()));
    const told = tier.ask({ kind: "finish", generation, text: encode(value) }, scope);
    if (!sharesIo) await told;
  }

  async function refresh(): Promise<void> {
    const until = elapsedMs() + waitMs;
    let oldestMs = ttlMs;
    for (let looks = 0, pauseMs = FIRST_PAUSE_MS; ; looks++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const askedAt = elapsedMs();
      // A request that has waited already has not the time left that a computation needs.
      const claims = looks === 0 || sharesIo;
      const { reply, scope } = await tier.ask({ kind: "look", ttlMs: oldestMs, claimMs: claims ? claimMs : null });
      if ("last" in reply && !last.hear(reply.last, askedAt)) oldestMs = 0;
      if (reply.kind === "granted") return fulfil(reply.generation, scope, askedAt);
      const leftMs = until - elapsedMs();
      if (last.ageMs() < ttlMs || leftMs <= 0) return;
      await sleep(runtime, Math.min(pauseMs, leftMs));
    }
  }

  const shared = (begin: () => Promise<unknown>) => {
    running ??= begin().finally(() => {
      running = null;
    });
    return running;
  };
  const refreshed = () => {
    const begin = ttlMs === 0 ? () => computed("instance", elapsedMs(), waitMs) : refresh;
    return sharesIo ? shared(begin) : begin();
  };

  const refreshIfDue = createRefreshIfDue({
    tier,
    claimMs,
    last,
    elapsedMs,
    fulfil: (generation, scope, askedAt) => {
      const work = fulfil(generation, scope, askedAt);
      // Readers had better wait for it than compute beside it.
      if (sharesIo) shared(() => work).catch(() => {});
      return work;
    },
  });

  const outcome = (done: boolean): Memoized<Value> | null => {
    const stale = !done || (ttlMs > 0 && last.ageMs() >= ttlMs);
    return stale && last.ageMs() > USELESS_AFTER_MS ? null : last.get(stale);
  };
  const read = () => (last.ageMs() < ttlMs ? last.get(false) : isDone(runtime, waitMs, refreshed()).then(outcome));
  return {
    read,
    recent: () => {
      // Where nobody else may wait for it, a computation belongs to its request.
      if (!sharesIo || ttlMs === 0 || last.ageMs() > USELESS_AFTER_MS) return read();
      const isFresh = last.ageMs() < ttlMs;
      if (!isFresh) refreshed().catch(() => {});
      return last.get(!isFresh);
    },
    refreshIfDue: () => (running ? null : refreshIfDue()),
  };
}

/** Whether the work was done within that time. */
function isDone(runtime: Runtime, ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = () => new Error("wait for a computation: it takes longer than a reader waits");
  return withDeadline(work, { ms, runtime, refuse: late }).then(
    () => true,
    () => false,
  );
}
