/**
 * The guard: the asynchronous shell round a gate. Admit, run within a deadline, settle.
 *
 * Map of this folder: `guard` (this file) is the whole; `gate-client/` gets a call in,
 * `execute` runs it; `outcome` says what an error means for the breaker, `refusal` what a
 * refusal is; `rules` comes from the configuration, `announce` goes to the log; `guarded-database` is what users hold,
 * with `transaction` and `stream` (by a `handoff`), whose permits are held for longer than the database is at work
 * (`database-time`); `database-call` is what a driver is asked.
 */
import { CANCEL_GRACE_MS, LEASE_MS } from "../gate/lanes.ts";
import type { GateView, Operate, OperateReply } from "../gate/renewal.ts";
import type { Lane } from "../gate/types.ts";
import type { MaybePromise } from "../store/port.ts";
import { announceTo } from "./announce.ts";
import { type CallContext, DEAF_AFTER_MS, execute } from "./execute.ts";
import { createGateClient } from "./gate-client/client.ts";
import type { Entry, GateClientOptions } from "./gate-client/port.ts";
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

export type GuardOptions = Omit<GateClientOptions, "announce">;

export function createGuard(options: GuardOptions): Guard {
  const { name, rules, runtime, log } = options;
  const client = createGateClient({ ...options, announce: announceTo(log, name) });
  /** A driver of our own ends its statement; where it does not, the server does so by then. */
  const endsAfterMs = LEASE_MS + rules.connectTimeoutMs + CANCEL_GRACE_MS + rules.padMs + EXPIRED_MARGIN_MS;
  let closed = false;

  const refuse = (lane: Lane, reason: Refusal["reason"]) => {
    client.refused(lane, reason);
    return new Refused(refusal(reason, rules.fullRetryAfterMs));
  };

  const begin = <Value>(entry: Entry, call: (context: CallContext) => Promise<Value> | Value, options: CallOptions) => {
    if (entry.kind === "refusal") return rejected<Value>(new Refused(entry.refusal));
    const giveBack = (reason: unknown) => {
      entry.end("ignored", false, 0);
      return Promise.reject<Value>(reason);
    };
    if (options.signal?.aborted) return giveBack(options.signal.reason);
    if (closed) return giveBack(refuse(entry.lane, "closing"));
    if (runtime.monotonicMs() >= entry.startBy || runtime.wallMs() >= entry.startByWallMs)
      return giveBack(refuse(entry.lane, "late"));
    return execute({
      runtime,
      deadlineMs: entry.deadlineMs,
      startBy: entry.startBy,
      startByWallMs: entry.startByWallMs,
      call,
      signal: options.signal,
      lostAfterMs: options.ends ? endsAfterMs : DEAF_AFTER_MS,
      judge: (error) => outcomeOf(error, entry.lane, options.classify),
      settle: (outcome, ranMs) => entry.end(outcome, (options.ranMs?.() ?? ranMs) >= rules.slowCallMs, ranMs),
    });
  };

  return {
    name,
    run: (call, options = {}) => {
      const { lane = "request", deadlineMs = Number.POSITIVE_INFINITY, signal } = options;
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (closed) return Promise.reject(refuse(lane, "closing"));
      if (!(deadlineMs > 0)) return Promise.reject(wrongDeadline(deadlineMs));
      const entry = client.enter({
        lane,
        deadlineMs: Math.ceil(Math.min(deadlineMs, rules.gate.deadlineMs[lane] ?? 0)),
        waitUntil: runtime.monotonicMs() + rules.waitTimeoutMs,
        signal,
      });
      return entry instanceof Promise ? entry.then((late) => begin(late, call, options)) : begin(entry, call, options);
    },
    view: client.view,
    operate: async (command) => client.operate({ kind: "operate", ...command }),
    attached: client.attached,
    waiting: client.waiting,
    close: () => {
      closed = true;
      client.close();
    },
    end: client.leave,
  };
}

const RESOLVED = Promise.resolve();

/** Once its caller has had the chance to catch it: what is rejected before is noted as unhandled, and struck out again. */
function rejected<Value>(reason: unknown): Promise<Value> {
  return RESOLVED.then(() => {
    throw reason;
  });
}

const wrongDeadline = (found: number) =>
  new RangeError(`guard: deadlineMs must be more than 0, was ${found}; leave it out for the lane's own deadline`);
