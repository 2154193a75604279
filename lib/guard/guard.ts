/**
 * The guard: the asynchronous shell round one gate. Admit, run within a deadline, settle.
 *
 * Map of this folder. One gate: `guard` (this file) is the whole; `asked` is what it may be asked with; `gate-client/`
 * gets a call in, `execute` runs it, `permit` holds one by hand; `outcome` says what an error means for the breaker,
 * `judge` what the gate's own rules say, `verdicts` which of them counts, `timings` how long it took and `traced-wait`
 * how long it waited; `refusal` is what a refusal is, `refusing` who hears of it, by `refusal-episode`s,
 * `failure-code` what failed before it, `nesting` which call is inside which (also a `lazy` one). Many gates: `gate` is what users hold,
 * by a name of `names`; `gates` makes guards for those that the `roster` has awake, by the `rules` of the
 * configuration or of what was said (`gate-options`, `sayings`, `options-comparison`); `shared` is what all of them
 * have in common, by an `instance-name`, `pushes` what the store calls out to them, `announce` goes to log and
 * listeners. `database/` is the database behind it, as users hold it, and `database-edge` what the log hears of its
 * coming and going. Drivers of others: `insides` is what their facades get of an instance, `ambient` the limits round a
 * call.
 */
import { CANCEL_GRACE_MS, LEASE_MS } from "../gate/lanes.ts";
import type { GateView, Operate, OperateReply } from "../gate/renewal.ts";
import type { Lane, RefusalReason, Tally } from "../gate/types.ts";
import type { MaybePromise } from "../store/port.ts";
import { askedWrongly } from "./asked.ts";
import type { DatabaseEdge } from "./database-edge.ts";
import { type CallContext, DEAF_AFTER_MS, execute } from "./execute.ts";
import { createGateClient } from "./gate-client/client.ts";
import type { Entry, GateClientOptions, Pass, Standing } from "./gate-client/port.ts";
import type { Judge } from "./judge.ts";
import { askedInside, frameOf, insideMsOf, isInside } from "./nesting.ts";
import type { Classify } from "./outcome.ts";
import type { Refused } from "./refusal.ts";
import type { RefusalEpisodes } from "./refusal-episode.ts";
import { refusing } from "./refusing.ts";
import { waitsOf } from "./rules.ts";
import { createShared, type Shared } from "./shared.ts";
import { createTimings, type Timings } from "./timings.ts";
import { tracedWait } from "./traced-wait.ts";
import { createVerdicts, type Verdicts } from "./verdicts.ts";

/** How one call is guarded. */
export interface RunOptions {
  /** Default `request`. */
  readonly lane?: Lane | undefined;
  /** Shortens the lane's own deadline; never extends it. More than 0 milliseconds. */
  readonly deadlineMs?: number | undefined;
  /**
   * Longest wait for a permit, and for a connection where it needs one, in milliseconds; apart from the deadline, which
   * begins after it. 0: what cannot run now is refused at once. Default: the gate's own.
   */
  readonly waitMs?: number | undefined;
  /** The caller gives up: the wait ends, the call is aborted, and the outcome counts for nothing. */
  readonly signal?: AbortSignal | undefined;
  /** Judges what the call throws before the guard does, Tidegate's own errors included. */
  readonly classify?: Classify | undefined;
}

/** What calls of our own may say beside. */
export interface CallOptions extends RunOptions {
  /** How long the dependency itself has run, in milliseconds, where that is not the whole time of the call. */
  readonly ranMs?: () => number;
  /**
   * The call is a driver's of our own, and has ended its statement or its connection within the grace after its abort.
   * Where it has not, the statement may still run: the permit is kept until it ends by itself, and votes for nothing.
   */
  readonly ends?: true;
  /** False: nobody waits for its end, so that a process which has nothing else to do may end before. */
  readonly isAwaited?: boolean;
  /** Its caller holds a permit of this lane while it waits, as far as is known without {@link isInside}. */
  readonly nested?: boolean;
}

/** Later than the store takes a permit for expired. */
const EXPIRED_MARGIN_MS = 1_000;

export interface Guard {
  readonly name: string;
  /** Longest wait of a call that says nothing about it, in milliseconds. */
  waitMsOf(lane: Lane): number;
  /**
   * Runs a call behind the gate.
   *
   * @throws Refused when the gate does not let it in; {@link DatabaseError} with fault `timeout` at the deadline; the
   * signal's reason when the caller gives up; RangeError for a deadline, a wait or a lane that is none; otherwise what
   * the call throws.
   */
  run<Value>(call: (context: CallContext) => Promise<Value> | Value, options?: CallOptions): Promise<Value>;
  view(): MaybePromise<GateView>;
  /** Counts for the fleet what is no call. */
  tally(tally: Tally): void;
  operate(command: Omit<Operate, "kind">): MaybePromise<OperateReply>;
  /** Whether the store that the instances share answers; without it each works from a share of the capacity. */
  attached(): boolean;
  /** Calls of this instance that wait for a permit. */
  waiting(): number;
  /** As far as this instance knows, which asks nobody. */
  standing(): Standing;
  /** No call runs or waits. */
  isIdle(): boolean;
  /** Nothing would be lost with it. */
  isAtRest(): boolean;
  /** Refuses who waits and who comes; what runs may end. */
  close(): void;
  /** Tells the gate what is left to tell. Call it when nothing runs any more. */
  end(): Promise<void>;
}

export interface GuardOptions extends Omit<GateClientOptions, "shared"> {
  /** The gate's own rules about what a failure is. */
  readonly judge?: Judge | undefined;
  /** Hears how statements and pings of the database behind it have ended. */
  readonly heard?: DatabaseEdge | undefined;
  /** With the other gates of its instance. Default: it is the only one. */
  readonly shared?: Shared | undefined;
}

export function createGuard(options: GuardOptions): Guard {
  const { name, key, rules, runtime, shared = createShared(options) } = options;
  const client = createGateClient({ ...options, shared });
  const verdicts = createVerdicts(name, options.judge);
  const timings = createTimings(shared.meters, name);
  const { refused, episodes } = refusing({ ...options, shared, verdicts });
  let closed = false;

  const refuse = (lane: Lane, reason: RefusalReason): Refused => {
    client.refused(lane, reason);
    return refused(lane, reason, rules.fullRetryAfterMs);
  };
  const entered = <Value>(entry: Entry, lane: Lane, call: Call<Value>, options: CallOptions): Promise<Value> => {
    if (entry.kind === "refusal") return rejected<Value>(refused(lane, entry.reason, entry.retryAfterMs));
    const isLate = runtime.monotonicMs() >= entry.startBy || runtime.wallMs() >= entry.startByWallMs;
    const reason = closed ? "closing" : isLate ? "late" : null;
    if (!options.signal?.aborted && reason === null) return begun({ entry, lane, call, options });
    entry.end({ outcome: "ignored", slow: false, ranMs: 0 });
    return Promise.reject<Value>(options.signal?.aborted ? options.signal.reason : refuse(lane, reason ?? "late"));
  };
  const begun = beginning({ ...options, verdicts, timings, episodes });

  return {
    name,
    waitMsOf: (lane) => waitsOf(rules, lane).waitTimeoutMs,
    run: (call, options = {}) => {
      const { lane = "request", deadlineMs = Number.POSITIVE_INFINITY, signal } = options;
      const { waitMs = waitsOf(rules, lane).waitTimeoutMs } = options;
      const fault = askedWrongly({ name, lane, deadlineMs, waitMs, capacity: rules.gate.capacity[lane] });
      if (fault) return Promise.reject(fault);
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (closed) return Promise.reject(refuse(lane, "closing"));
      const nested = options.nested === true || isInside(key, lane);
      return askedInside(runtime, () => {
        const entry = client.enter({
          lane,
          deadlineMs: Math.ceil(Math.min(deadlineMs, rules.gate.deadlineMs[lane])),
          waitUntil: runtime.monotonicMs() + (nested ? 0 : waitMs),
          signal,
          refusedAs: nested ? "nested" : "full",
        });
        if (entry instanceof Promise) {
          const waited = tracedWait(shared.tracing, name, lane, entry);
          return waited.then((late) => entered(late, lane, call, options));
        }
        return entered(entry, lane, call, options);
      });
    },
    view: client.view,
    tally: client.tally,
    operate: async (command) => client.operate({ kind: "operate", ...command, reason: shared.redact(command.reason) }),
    attached: client.attached,
    waiting: client.waiting,
    standing: client.standing,
    isIdle: client.isIdle,
    isAtRest: client.isAtRest,
    close: () => {
      closed = true;
      client.close();
    },
    end: async () => {
      await client.leave();
      episodes.end();
      if (!options.shared) shared.pushes.close();
    },
  };
}

type Call<Value> = (context: CallContext) => Promise<Value> | Value;

interface Begun<Value> {
  readonly entry: Pass;
  readonly lane: Lane;
  readonly call: Call<Value>;
  readonly options: CallOptions;
}

interface Beginning extends Pick<GuardOptions, "name" | "key" | "rules" | "runtime" | "heard"> {
  readonly verdicts: Verdicts;
  readonly timings: Timings;
  readonly episodes: RefusalEpisodes;
}

/** Runs calls that were let in, and tells the gate what became of them. */
function beginning({ name, key, rules, runtime, heard, verdicts, timings, episodes }: Beginning) {
  /** A driver of our own ends its statement; where it does not, the server does so by then. */
  const endsAfterMs = LEASE_MS + rules.connectTimeoutMs + CANCEL_GRACE_MS + rules.padMs + EXPIRED_MARGIN_MS;
  return <Value>({ entry, lane, call, options }: Begun<Value>): Promise<Value> => {
    const frame = frameOf(key, lane);
    episodes.admitted();
    if (entry.waitedMs > 0) timings.waited(lane, entry.waitedMs);
    const { classify } = options;
    return execute({
      runtime,
      gate: name,
      deadlineMs: entry.deadlineMs,
      startBy: entry.startBy,
      startByWallMs: entry.startByWallMs,
      call,
      signal: options.signal,
      frame,
      holds: options.isAwaited !== false,
      lostAfterMs: options.ends ? endsAfterMs : DEAF_AFTER_MS,
      judge: (ended, how) => {
        if (options.ends || lane === "health") heard?.(ended, how, lane);
        return verdicts.of(ended, how, { lane, classify, frame });
      },
      settle: ({ outcome, retryAfterMs }, ranMs) => {
        const slow = (options.ranMs?.() ?? ranMs - insideMsOf(frame, runtime)) >= rules.slowCallMs;
        entry.end({ outcome, slow, ranMs, retryAfterMs });
        timings.ended(lane, outcome, ranMs);
      },
    });
  };
}

const RESOLVED = Promise.resolve();

/** Once its caller has had the chance to catch it: what is rejected before is noted as unhandled, and struck out again. */
function rejected<Value>(reason: unknown): Promise<Value> {
  return RESOLVED.then(() => {
    throw reason;
  });
}
