/**
 * The guard: the asynchronous shell round one gate. Admit, run within a deadline, settle.
 *
 * Map of this folder. One gate: `guard` (this file) is the whole; `gate-client/` gets a call in, `execute` runs it,
 * `permit` holds one by hand; `outcome` says what an error means for the breaker, `judge` what the gate's own rules say,
 * `verdicts` which of them counts; `refusal` is what a refusal is, `failure-code` what failed before it, `nesting` which
 * call is inside which. Many gates: `gate` is what users hold, by a name of `names`; `gates` makes guards for those that
 * the `roster` has awake, by the `rules` of the configuration or of what was said (`gate-options`, `sayings`,
 * `options-comparison`); `shared` is what all of them have in common, `pushes` what the store calls out to them,
 * `announce` goes to log and listeners. The database: `guarded-database` is what users hold, by `query`s, with
 * `transaction` and `stream` (by a `handoff`), whose permits are held for longer than the database is at work
 * (`database-time`); `database-call` is what a driver is asked.
 */
import { CANCEL_GRACE_MS, LEASE_MS } from "../gate/lanes.ts";
import type { GateView, Operate, OperateReply } from "../gate/renewal.ts";
import { LANES, type Lane, type RefusalReason } from "../gate/types.ts";
import type { MaybePromise } from "../store/port.ts";
import { type CallContext, DEAF_AFTER_MS, execute } from "./execute.ts";
import { createGateClient } from "./gate-client/client.ts";
import type { Entry, GateClientOptions, Pass, Standing } from "./gate-client/port.ts";
import type { Judge } from "./judge.ts";
import { frameOf, isInside } from "./nesting.ts";
import type { Classify } from "./outcome.ts";
import { Refused, refusal } from "./refusal.ts";
import { createShared, type Shared } from "./shared.ts";
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
  readonly waitMs: number;
  /**
   * Runs a call behind the gate.
   *
   * @throws Refused when the gate does not let it in; {@link DatabaseError} with fault `timeout` at the deadline; the
   * signal's reason when the caller gives up; RangeError for a deadline, a wait or a lane that is none; otherwise what
   * the call throws.
   */
  run<Value>(call: (context: CallContext) => Promise<Value> | Value, options?: CallOptions): Promise<Value>;
  view(): MaybePromise<GateView>;
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
  /** With the other gates of its instance. Default: it is the only one. */
  readonly shared?: Shared | undefined;
}

export function createGuard(options: GuardOptions): Guard {
  const { name, key, rules, runtime, shared = createShared(options) } = options;
  const client = createGateClient({ ...options, shared });
  const verdicts = createVerdicts(name, options.judge);
  const refused = refusing({ ...options, shared, verdicts });
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
  const begun = beginning({ name, key, rules, runtime, verdicts });

  return {
    name,
    waitMs: rules.waitTimeoutMs,
    run: (call, options = {}) => {
      const { lane = "request", deadlineMs = Number.POSITIVE_INFINITY, waitMs = rules.waitTimeoutMs, signal } = options;
      const fault = faultOf({ name, lane, deadlineMs, waitMs, capacity: rules.gate.capacity[lane] });
      if (fault) return Promise.reject(fault);
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (closed) return Promise.reject(refuse(lane, "closing"));
      const nested = options.nested === true || isInside(key, lane);
      const entry = client.enter({
        lane,
        deadlineMs: Math.ceil(Math.min(deadlineMs, rules.gate.deadlineMs[lane])),
        waitUntil: runtime.monotonicMs() + (nested ? 0 : waitMs),
        signal,
        refusedAs: nested ? "nested" : "full",
      });
      if (entry instanceof Promise) return entry.then((late) => entered(late, lane, call, options));
      return entered(entry, lane, call, options);
    },
    view: client.view,
    operate: async (command) => client.operate({ kind: "operate", ...command }),
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
      if (!options.shared) shared.pushes.close();
    },
  };
}

type Call<Value> = (context: CallContext) => Promise<Value> | Value;

interface Refusing extends Pick<GuardOptions, "name" | "log"> {
  readonly shared: Shared;
  readonly verdicts: Verdicts;
}

/** Refusals of one gate: told to who listens, and a call inside a call to the log as well, once. */
function refusing({ name, log, shared: { events, once }, verdicts }: Refusing) {
  return (lane: Lane, reason: RefusalReason, retryAfterMs: number): Refused => {
    const refused = refusal(name, reason, retryAfterMs, verdicts.lastFailure());
    if (events.wants("refused")) events.emit("refused", { ...refused, reason, lane });
    if (reason === "nested" && once(`nesting in ${name}`)) {
      log.warn("gate.nested", { gate: name, lane, error: new Error("a call inside a call of the same gate and lane") });
    }
    return new Refused(refused);
  };
}

interface Begun<Value> {
  readonly entry: Pass;
  readonly lane: Lane;
  readonly call: Call<Value>;
  readonly options: CallOptions;
}

type Beginning = Pick<GuardOptions, "name" | "key" | "rules" | "runtime"> & { readonly verdicts: Verdicts };

/** Runs calls that were let in, and tells the gate what became of them. */
function beginning({ name, key, rules, runtime, verdicts }: Beginning) {
  /** A driver of our own ends its statement; where it does not, the server does so by then. */
  const endsAfterMs = LEASE_MS + rules.connectTimeoutMs + CANCEL_GRACE_MS + rules.padMs + EXPIRED_MARGIN_MS;
  return <Value>({ entry, lane, call, options }: Begun<Value>): Promise<Value> => {
    const frame = frameOf(key, lane);
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
      judge: (ended, how) => verdicts.of(ended, how, { lane, classify, frame }),
      settle: ({ outcome, retryAfterMs }, ranMs) => {
        const slow = (options.ranMs?.() ?? ranMs) >= rules.slowCallMs;
        entry.end({ outcome, slow, ranMs, retryAfterMs });
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

interface Asked {
  readonly name: string;
  readonly lane: Lane;
  readonly deadlineMs: number;
  readonly waitMs: number;
  readonly capacity: number | undefined;
}

function faultOf({ name, lane, deadlineMs, waitMs, capacity }: Asked): RangeError | null {
  if (!LANES.includes(lane)) {
    const may = LANES.join(", ");
    return new RangeError(`guard: lane must be one of ${may}, was ${String(lane)}; leave it out for request`);
  }
  if (capacity === 0) {
    return new RangeError(
      `guard: gate "${name}" has no lane ${lane}; say lanes: { ${lane}: { capacity } } with its options`,
    );
  }
  if (!(deadlineMs > 0)) {
    return new RangeError(
      `guard: deadlineMs must be more than 0, was ${deadlineMs}; leave it out for the lane's own deadline`,
    );
  }
  if (!(waitMs >= 0)) {
    return new RangeError(`guard: waitMs must be 0 or more, was ${waitMs}; leave it out for the gate's own wait`);
  }
  return null;
}
