/**
 * The guard: the asynchronous shell round a gate. Admit, run within a deadline, settle.
 *
 * Map of this folder: `guard` (this file) is the whole; `link/` is the line to the gate; `ask`, `admission`, `waiting`
 * and `check` get a call in, `execute` runs it; `outcome` says what an error means for the breaker, `refusal` what a
 * refusal is; `rules` comes from the configuration, `announce` goes to the log; `guarded-database` is what users hold,
 * with `transaction` and `stream` (by a `handoff`), whose permits are held for longer than the database is at work
 * (`database-time`); `database-call` is what a driver is asked.
 */
import type { Operate } from "../gate/commands.ts";
import { CANCEL_GRACE_MS } from "../gate/lanes.ts";
import type { GateView, OperateReply } from "../gate/replies.ts";
import type { Lane, Outcome } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { MaybePromise } from "../store/port.ts";
import { createAdmission } from "./admission.ts";
import { announceTo } from "./announce.ts";
import { type Entry, now, type Pass } from "./ask.ts";
import { type CallContext, DEAF_AFTER_MS, execute } from "./execute.ts";
import { createLink } from "./link/link.ts";
import type { LinkOptions } from "./link/port.ts";
import { type Classify, outcomeOf } from "./outcome.ts";
import { type Refusal, Refused, refusal } from "./refusal.ts";

export interface RunOptions {
  /** Default `request`. */
  readonly lane?: Lane;
  /** Shortens the lane's own deadline; never extends it. More than 0 milliseconds. */
  readonly deadlineMs?: number;
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
}

/** Later than the store takes a permit for expired. */
const EXPIRED_MARGIN_MS = 1_000;

export interface Guard {
  readonly name: string;
  /**
   * Runs a call behind the gate.
   *
   * @throws Refused when the gate does not let it in; {@link DatabaseError} with fault `timeout` at the deadline; the
   * signal's reason when the caller gives up; RangeError for a deadline that is none; otherwise what the call throws.
   */
  run<Value>(call: (context: CallContext) => Promise<Value> | Value, options?: CallOptions): Promise<Value>;
  view(): MaybePromise<GateView>;
  operate(command: Omit<Operate, "kind">): MaybePromise<OperateReply>;
  /** Whether the store that the instances share answers; without it each works from a share of the capacity. */
  attached(): boolean;
  /** Calls of this instance that wait for a permit. */
  waiting(): number;
  /** Refuses who waits and who comes; what runs may end. */
  close(): void;
  /** Tells the gate what is left to tell. Call it when nothing runs any more. */
  end(): Promise<void>;
}

export type GuardOptions = Omit<LinkOptions, "announce">;

export function createGuard({ name, store, key, rules, about, runtime, log }: GuardOptions): Guard {
  const announce = announceTo(log, name);
  const link = createLink({ name, store, key, rules, about, runtime, announce, log });
  const admission = createAdmission(link, runtime, rules.gate.fullRetryAfterMs);
  let closed = false;

  const settle = (id: string, outcome: Outcome, ranMs: number) => {
    link.tell({ kind: "settle", id, outcome, slow: ranMs >= rules.slowCallMs });
  };

  const refuse = (reason: Refusal["reason"]) => new Refused(refusal(reason, rules.gate.fullRetryAfterMs));

  const begin = <Value>(entry: Entry, call: (context: CallContext) => Promise<Value> | Value, options: CallOptions) => {
    if (entry.kind === "refusal") return Promise.reject<Value>(new Refused(entry.refusal));
    const giveBack = (reason: unknown) => {
      link.tell({ kind: "cancel", id: entry.id });
      return Promise.reject<Value>(reason);
    };
    if (options.signal?.aborted) return giveBack(options.signal.reason);
    if (closed) return giveBack(refuse("closing"));
    // What is left of the permit must hold the whole deadline and the grace.
    const startWithinMs = entry.remainingMs - entry.deadlineMs - CANCEL_GRACE_MS - rules.padMs;
    if (sinceMs(entry, runtime) > startWithinMs) return giveBack(refuse("late"));
    return execute({
      runtime,
      pass: entry,
      startBy: entry.sent.monotonicMs + startWithinMs,
      call,
      signal: options.signal,
      lostAfterMs: options.ends ? startWithinMs + CANCEL_GRACE_MS + rules.padMs + EXPIRED_MARGIN_MS : DEAF_AFTER_MS,
      judge: (error) => outcomeOf(error, entry.lane, options.classify),
      settle: (outcome, ranMs) => settle(entry.id, outcome, options.ranMs?.() ?? ranMs),
    });
  };

  return {
    name,
    run: (call, options = {}) => {
      const { lane = "request", deadlineMs = Number.POSITIVE_INFINITY, signal } = options;
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (closed) return Promise.reject(refuse("closing"));
      if (!(deadlineMs > 0)) return Promise.reject(wrongDeadline(deadlineMs));
      const ask = {
        lane,
        deadlineMs: Math.ceil(Math.min(deadlineMs, rules.deadlineMs[lane])),
        waitUntil: runtime.monotonicMs() + rules.waitTimeoutMs,
        signal,
      };
      const entry = admission.enter(ask);
      if (!(entry instanceof Promise)) return begin(entry, call, options);
      const begun = entry.then((late) => begin(late, call, options));
      return signal ? untilAbort(begun, signal) : begun;
    },
    view: link.view,
    operate: (command) => link.operate({ kind: "operate", ...command }),
    attached: link.attached,
    waiting: admission.waiting,
    close: () => {
      closed = true;
      admission.close();
    },
    end: link.close,
  };
}

/** Answers at the caller's abort. What is under way goes on to its end, where it gives back what it was granted. */
function untilAbort<Value>(begun: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const over = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    begun.finally(over).then(resolve, reject);
  });
}

const wrongDeadline = (found: number) =>
  new RangeError(`guard: deadlineMs must be more than 0, was ${found}; leave it out for the lane's own deadline`);

/** By whichever clock says that more has passed: a process that was frozen sees it on one of them. */
function sinceMs({ sent }: Pass, runtime: Runtime): number {
  const { monotonicMs, wallMs } = now(runtime);
  return Math.max(monotonicMs - sent.monotonicMs, wallMs - sent.wallMs);
}
