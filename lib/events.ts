/** What listeners of an application are told: typed events, after what they tell of has been committed. */
import type { TransitionCause } from "./gate/events.ts";
import type { BreakerState, Lane, OperateMode, RefusalReason } from "./gate/types.ts";
import type { EventLog } from "./log/events.ts";
import type { Runtime } from "./runtime.ts";
import { BLOCKS_FROM_MS, type ThreadTime, threadTime } from "./thread-time.ts";

/** What each kind of event tells. Times are milliseconds since 1970, by the store's clock where that has committed it. */
export interface TideEvents {
  /** A breaker has changed its state. `local`: the instance's own, for the time without the shared gate. */
  readonly transition: {
    readonly gate: string;
    readonly local: boolean;
    /** Milliseconds since 1970. */
    readonly at: number;
    readonly from: BreakerState;
    readonly to: BreakerState;
    readonly cause: TransitionCause;
  };
  /** A call of this instance was not let in. */
  readonly refused: {
    readonly gate: string;
    readonly lane: Lane;
    readonly reason: RefusalReason;
    /** As the answer to the call has it. */
    readonly code: string;
    readonly retryAfterMs: number;
    /** Code of what failed last behind the gate, as far as this instance knows. */
    readonly lastFailure: string | null;
  };
  /** The shared gate does not answer any more, or answers again. */
  readonly store: { readonly gate: string; readonly state: "away" | "back"; readonly error?: unknown };
  /** An operator's word to a breaker is in force. */
  readonly override: {
    readonly gate: string;
    /** Milliseconds since 1970. */
    readonly at: number;
    readonly mode: OperateMode;
    /** When it ends, in milliseconds since 1970. */
    readonly until: number;
    readonly actor: string;
    readonly reason: string;
  };
  /** A restart that was asked for here has been executed by its platform, or has failed. */
  readonly restart: {
    readonly restartId: string;
    readonly outcome: "executed" | "failed";
    readonly source: "auto" | "manual";
    readonly actor: string;
  };
}

/** What may be listened to. */
export type TideEvent = keyof TideEvents;
/** Called with what has happened. What it returns is looked at only to hear of a promise that rejects. */
export type TideListener<Kind extends TideEvent> = (event: TideEvents[Kind]) => unknown;

/** For how long a listener hears. */
export interface ListenOptions {
  /** Aborted, the listener hears no more. */
  readonly signal?: AbortSignal | undefined;
}

/** The events of one instance. */
export interface Events {
  /**
   * Calls `listener` from now on, each time in a turn of its own. What it throws is logged, once, and ends nothing. One
   * that keeps the thread, which all calls share, is not called for a while, 200 times as long as it did so; what happens
   * meanwhile it does not hear of.
   *
   * @returns What ends it.
   * @throws RangeError for an event that is none; TypeError for a listener that is no function.
   */
  on<Kind extends TideEvent>(kind: Kind, listener: TideListener<Kind>, options?: ListenOptions): () => void;
  /** Somebody listens: what it costs to make the event is not wasted. */
  wants(kind: TideEvent): boolean;
  /** Tells those who listen, once what is ready in this turn of the event loop has been done. Never throws. */
  emit<Kind extends TideEvent>(kind: Kind, event: TideEvents[Kind]): void;
}

const KINDS: readonly TideEvent[] = ["transition", "refused", "store", "override", "restart"];
/** What is known of a listener, whatever it listens to. */
interface Known {
  readonly time: ThreadTime;
  /** Its failure has been told. */
  told: boolean;
  /** Events that it was not called with, since it has had more than its share of the thread. */
  skipped: number;
}

export function createEvents(runtime: Runtime, log: EventLog): Events {
  const listeners = new Map<TideEvent, Set<(event: never) => unknown>>();
  const known = new WeakMap<object, Known>();
  const knownOf = (listener: object): Known => {
    const of = known.get(listener) ?? { time: threadTime(runtime), told: false, skipped: 0 };
    known.set(listener, of);
    return of;
  };

  /** Once for each listener, whatever it does. */
  const tell = (listener: object, kind: TideEvent, error: unknown) => {
    const of = knownOf(listener);
    if (of.told) return;
    of.told = true;
    log.error("listener.failed", { kind, error });
  };

  function call<Kind extends TideEvent>(listener: TideListener<Kind>, kind: Kind, event: TideEvents[Kind]): void {
    const of = knownOf(listener);
    if (of.time.pauseMs() > 0) {
      of.skipped += 1;
      return;
    }
    if (of.skipped > 0) log.info("listener.resumed", { kind, skipped: of.skipped });
    of.skipped = 0;
    const startedAt = runtime.monotonicMs();
    try {
      const answer = of.time.spend(() => listener(event));
      if (answer instanceof Promise) answer.catch((error: unknown) => tell(listener, kind, error));
    } catch (error) {
      tell(listener, kind, error);
    }
    const tookMs = Math.round(runtime.monotonicMs() - startedAt);
    const pauseMs = of.time.pauseMs();
    if (tookMs > BLOCKS_FROM_MS) {
      tell(listener, kind, new Error(`a listener must return within ${BLOCKS_FROM_MS} ms, took ${tookMs} ms`));
    }
    if (pauseMs > 0) log.warn("listener.paused", { kind, took_ms: tookMs, pause_ms: pauseMs });
  }

  return {
    on: (kind, listener, { signal } = {}) => {
      if (!KINDS.includes(kind))
        throw new RangeError(`on: an event is one of ${KINDS.join(", ")}, was ${String(kind)}`);
      if (typeof listener !== "function") throw new TypeError(`on: a function is needed, was ${typeof listener}`);
      const those = listeners.get(kind) ?? new Set();
      listeners.set(kind, those);
      const stop = () => {
        those.delete(listener as (event: never) => unknown);
        signal?.removeEventListener("abort", stop);
      };
      if (signal?.aborted) return stop;
      those.add(listener as (event: never) => unknown);
      signal?.addEventListener("abort", stop, { once: true });
      return stop;
    },
    wants: (kind) => (listeners.get(kind)?.size ?? 0) > 0,
    emit: (kind, event) => {
      for (const listener of listeners.get(kind) ?? []) {
        // A turn of its own: a listener may do what makes the very event again.
        runtime.endOfTurn(() => {
          if (listeners.get(kind)?.has(listener)) call(listener as TideListener<typeof kind>, kind, event);
        });
      }
    },
  };
}
