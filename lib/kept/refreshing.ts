/**
 * Asks a source again for nobody: who brought it about has been answered with what there is. Where it fails, those who
 * come after are told so: what they are given stands in for a new answer, like any other old one.
 */
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import type { Asking, Degraded } from "./asking.ts";
import type { Landed, Sharing } from "./source.ts";

export interface Refreshing {
  /**
   * Begins it, unless it is under way.
   *
   * @param ageMs Of what the caller is given instead.
   * @returns Why there is no new answer, where that is known, or known in a moment; null: not.
   */
  begin<Loaded>(asking: Asking<Loaded>, ageMs: number): Degraded | null | Promise<Degraded | null>;
  /** Whether it failed the last time, and nobody has answered since. */
  isFailing(key: string): boolean;
  /** Whether the source has answered something else than what may be kept: who asks next is to hear it. */
  isDenied(key: string): boolean;
  /** It has answered a caller, and what it said may be kept. */
  allow(key: string): void;
}

export interface RefreshingParts {
  readonly join: <Loaded>(asking: Asking<Loaded>, sharing: Sharing) => { readonly landed: Promise<Landed<Loaded>> };
  /** Outlives the answer, where the platform can be told. */
  readonly outlive: (work: Promise<unknown>) => void;
  /** False where a request must not wait for another, nor count on what that goes on with. */
  readonly sharesIo: boolean;
  readonly runtime: Runtime;
}

/** Keys of which something is known. */
const MOST_KNOWN = 1_000;
/** As long as a statement may take by default, in the slow lane. Who asks later must not wait for one that is stuck. */
const LONGEST_MS = 300_000;
/** What failed less long ago is taken to fail still, before it is known. */
const BELIEVED_MS = 30_000;
/** Where something has failed lately, a refusal is waited for, which comes at once. */
const REFUSED_WITHIN_MS = 50;

interface Failure {
  readonly degraded: Degraded;
  /** On the monotonic clock. */
  readonly at: number;
}

export function createRefreshing({ join, outlive, sharesIo, runtime }: RefreshingParts): Refreshing {
  const denied = new Map<string, true>();
  const failures = new Map<string, Failure>();
  const underWay = new Map<string, Promise<Degraded | null>>();
  let failedAt = Number.NEGATIVE_INFINITY;

  async function outcome<Loaded>({ key, degradedOf }: Asking<Loaded>, landed: Promise<Landed<Loaded>>) {
    let degraded: Degraded | null;
    try {
      const flown = await landed;
      degraded = flown.kind === "held" ? flown.held.degraded : null;
      if (flown.kind === "loaded" && (await flown.entry) === null) note(denied, key, true);
      if (flown.kind !== "left" && !degraded) failures.delete(key);
    } catch (error) {
      degraded = degradedOf(error);
      // An outage says nothing about the answer.
      if (!degraded) note(denied, key, true);
    }
    if (degraded) {
      failedAt = runtime.monotonicMs();
      note(failures, key, { degraded, at: failedAt });
    }
    return degraded;
  }

  const begun = <Loaded>(asking: Asking<Loaded>, load: NonNullable<Asking<Loaded>["reload"]>) => {
    const { key } = asking;
    const over = new AbortController();
    const timer = runtime.setTimer(
      () => over.abort(new DOMException(`refresh a kept answer: no answer within ${LONGEST_MS} ms`, "TimeoutError")),
      LONGEST_MS,
    );
    const unasked = { ...asking, isAlone: false, signal: () => over.signal, load, reload: null };
    const ended = outcome(asking, join(unasked, "nobody").landed).finally(() => {
      underWay.delete(key);
      runtime.clearTimer(timer);
    });
    if (sharesIo) underWay.set(key, ended);
    outlive(ended);
    return ended;
  };

  return {
    begin: (asking, ageMs) => {
      const { key, reload } = asking;
      if (!reload) return null;
      const now = runtime.monotonicMs();
      const failure = failures.get(key);
      const ended = underWay.get(key) ?? begun(asking, reload);
      const sinceMs = failure ? now - failure.at : Number.POSITIVE_INFINITY;
      // Of before what is given was made, it says nothing about it.
      if (failure && sinceMs < Math.min(BELIEVED_MS, ageMs)) return later(failure.degraded, sinceMs);
      if (!failure && now - failedAt >= BELIEVED_MS) return null;
      const refuse = () => new Error(`refresh a kept answer: not refused within ${REFUSED_WITHIN_MS} ms`);
      return withDeadline(ended, { ms: REFUSED_WITHIN_MS, runtime, refuse }).catch(() => null);
    },
    isFailing: (key) => failures.has(key),
    isDenied: (key) => denied.has(key),
    allow: (key) => {
      denied.delete(key);
      failures.delete(key);
    },
  };
}

/** The oldest ones go. */
function note<Known>(known: Map<string, Known>, key: string, what: Known): void {
  known.delete(key);
  known.set(key, what);
  const [oldest = key] = known.keys();
  if (known.size > MOST_KNOWN) known.delete(oldest);
}

const later = ({ code, retryAfterMs }: Degraded, sinceMs: number): Degraded => ({
  code,
  retryAfterMs: retryAfterMs === undefined ? undefined : Math.max(0, retryAfterMs - sinceMs),
});
