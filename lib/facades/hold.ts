/**
 * One connection under one permit. Statements on it run one after another, so that what has not begun can still be kept
 * back; when its time is over or its caller gone, what runs is cancelled at the server and the connection is closed,
 * which rolls back what was not committed.
 *
 * Map of this folder: `pg/` and `postgres-js/` have a driver each. What they share: `arrival` waits for a connection,
 * `permits` puts it under one, `hold` (this file) has it, each statement on it is a `job`; `options` are limits,
 * `errors` what an error becomes.
 */
import { faultOf } from "../database/fault-of.ts";
import { CANCEL_GRACE_MS } from "../gate/lanes.ts";
import type { Lane } from "../gate/types.ts";
import type { DatabaseTime } from "../guard/database/database-time.ts";
import type { CallContext } from "../guard/execute.ts";
import type { Insides } from "../guard/insides.ts";
import type { Span } from "../telemetry/port.ts";
import { withDeadline } from "../time.ts";
import { isCommit, isOfItsEnd, noteTimeout, whenOver, whileRunning } from "./errors.ts";
import { endSpan, type Job } from "./job.ts";

export type { Job } from "./job.ts";

export interface Cancel {
  /** Resolves when its connection is closed: true where the request was sent. Never rejects. */
  readonly closed: Promise<boolean>;
  destroy(): void;
}

/** A connection of the application's driver, as it is held here. */
export interface Line {
  /** Statements are written before the answers to those in front of them are there. */
  readonly writesAhead: boolean;
  /** Why nothing can be sent on it any more, where that was noticed. */
  lost(): unknown;
  /** Asks the server to stop what runs. */
  cancel(): Cancel | undefined;
  /** An error on which the connection is not used again. */
  retires(error: unknown): boolean;
  /** In milliseconds, the server's own of each statement, as far as the driver's options tell. */
  readonly statementTimeoutMs: number | undefined;
  /** The statement goes on at the server after that error. */
  isUnanswered(error: unknown): boolean;
  /** To the pool; with an error it is closed. */
  back(because: unknown): void;
  /** Not by a farewell alone, which a server that stands still never hears. */
  destroy(because: unknown): void;
}

export interface HoldPlan {
  readonly call: CallContext;
  readonly time: DatabaseTime;
  readonly insides: Pick<Insides, "runtime" | "recorded">;
  /** It is for one statement: a connection on which that was cancelled may be used again. */
  readonly isForOne: boolean;
  readonly lane: Lane;
  /** Begins the span of a statement; null where there are no traces. */
  readonly spanOf: ((lane: Lane, text: string) => Span | null) | null;
}

export class Hold<Held extends Line> {
  readonly #line: Held;
  readonly #plan: HoldPlan;
  readonly #waiting: Job<Held>[] = [];
  /** More than one where the connection writes ahead. */
  readonly #underWay: Job<Held>[] = [];
  #onQuiet: (() => void) | undefined;
  #onEnded: (() => void) | undefined;
  #over: { readonly reason: unknown } | null = null;
  #isAnswered = false;
  #isWanted = true;
  /** It is being given back or closed, and has been. */
  #isGone = false;
  #isEnded = false;
  #retiredBy: unknown;
  #failure: { readonly error: unknown } | undefined;

  constructor(line: Held, plan: HoldPlan) {
    this.#line = line;
    this.#plan = plan;
    plan.call.onAbort = () => this.#stop(plan.call.over?.reason);
  }

  get time(): DatabaseTime {
    return this.#plan.time;
  }

  /** What speaks against the database, if anything does. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Why nothing is sent any more; null while it is. */
  over(): { readonly reason: unknown } | null {
    return this.#over;
  }

  /** The call has its answer, the first that comes: it ends once the connection is given back. */
  succeed(value: unknown): void {
    this.#answer(() => this.#plan.call.succeed(value), undefined);
  }

  /** The same with an error. @param unfit Why the connection is not used again. */
  fail(error: unknown, unfit?: unknown): void {
    this.#answer(() => this.#plan.call.fail(error), unfit);
  }

  /** When the pool has it back, or it is closed, in that very turn. One is told: the last that was given. */
  whenEnded(told: () => void): void {
    this.#onEnded = told;
    if (this.#isEnded) told();
  }

  /** In its turn, unless its time is over. */
  ask(job: Job<Held>): void {
    if (this.#over) return void job.refuse(this.#over.reason);
    // Here, where it is asked for: it may be sent by whoever was in front of it.
    const { spanOf, lane } = this.#plan;
    if (spanOf) job.span = spanOf(lane, job.text);
    if (this.#underWay.length > 0 && !this.#line.writesAhead) this.#waiting.push(job);
    else this.#start(job);
  }

  /** Under way, but it is its reader's turn. */
  rests(job: Job<Held>): void {
    job.isResting = true;
    if (this.#isAtRest()) this.time.pause();
  }

  /** The reader wants more. */
  works(job: Job<Held>): void {
    job.isResting = false;
    if (this.#underWay.includes(job)) this.time.resume();
  }

  /** Its answer is there, or its error. The second time does nothing. */
  settled(job: Job<Held>, error?: unknown): void {
    const at = this.#underWay.indexOf(job);
    if (at === -1) return;
    this.#underWay.splice(at, 1);
    const { insides, lane } = this.#plan;
    const tookMs = insides.runtime.monotonicMs() - job.sentAt;
    insides.recorded(tookMs, lane, error === undefined ? "success" : "failure");
    endSpan(job, error);
    if (error !== undefined) this.#note(error, tookMs);
    if (this.#underWay.length > 0) return;
    this.#onQuiet?.();
    if (this.#over) return;
    const next = this.#waiting.shift();
    if (next) this.#start(next);
    else this.time.pause();
    if (this.#underWay.length === 0 && !this.#isWanted) this.#back();
  }

  /** What runs is waited for; with an error, it is cancelled and the connection closed. */
  giveBack(error?: unknown): void {
    this.#isWanted = false;
    if (this.#over || this.#isGone) return;
    if (error) this.#retiredBy ??= error;
    if (this.#underWay.length === 0) this.#back();
    else if (error) this.#stop(error);
  }

  #answer(tell: () => void, unfit: unknown): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.whenEnded(tell);
    this.giveBack(unfit);
  }

  /** The server does nothing for it. */
  #isAtRest(): boolean {
    return this.#underWay.every(({ isResting }) => isResting);
  }

  #start(job: Job<Held>): void {
    const lost = this.#line.lost();
    if (lost !== undefined) {
      this.#note(lost, 0);
      endSpan(job, lost);
      job.refuse(lost);
      const next = this.#waiting.shift();
      if (next) this.#start(next);
      return;
    }
    job.sentAt = this.#plan.insides.runtime.monotonicMs();
    this.#underWay.push(job);
    if (!job.isResting) this.time.resume();
    job.send(this.#line);
  }

  #note(error: unknown, tookMs: number): void {
    if (this.#over) return;
    noteTimeout(error, tookMs, this.#line.statementTimeoutMs);
    if (this.#line.retires(error)) this.#retiredBy ??= error;
    const fault = faultOf(error);
    if (fault === "connection" || fault === "timeout") this.#failure ??= { error };
    // Its answer will still come, on a connection of which nobody knows where it stands; or the connection is gone.
    if (this.#line.isUnanswered(error)) this.#stop(error);
    else if (isOfItsEnd(error)) this.#stop(whileRunning(error, ""));
  }

  #stop(reason: unknown): void {
    if (this.#over || this.#isGone) return;
    this.#over = { reason };
    const underWay = [...this.#underWay];
    const isUnanswered = this.#line.isUnanswered(reason);
    const runs = underWay.length > 0 || isUnanswered;
    // Nobody knows which of them a cancel would hit, and half of a commit is none.
    const cancels = runs && !underWay.some(({ text }) => isCommit(text));
    // A driver that was told of the end would not ask for it any more.
    const cancel = cancels ? this.#line.cancel() : undefined;
    for (const job of this.#waiting.splice(0)) {
      endSpan(job, reason);
      job.refuse(reason);
    }
    for (const job of underWay) job.refuse(whenOver(reason, this.#plan.call.signal, job.text));
    if (runs) this.#end(cancel, isUnanswered || this.#isAtRest());
    else this.#gone(() => this.#line.destroy(reason));
  }

  /** When what runs has ended, and at the end of the grace whatever it does. */
  #end(cancel: Cancel | undefined, isUnanswered: boolean): void {
    const { insides, isForOne } = this.#plan;
    const quiet = new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
    });
    const stopped = Promise.all([cancel?.closed, isUnanswered ? undefined : quiet]);
    const destroy = () => this.#gone(() => this.#line.destroy(this.#over?.reason));
    withDeadline(stopped, { ms: CANCEL_GRACE_MS, runtime: insides.runtime, refuse: () => this.#over?.reason })
      .then(
        // The request has arrived before its connection was closed: it can hit nothing else.
        ([isSent]) => (isForOne && isSent === true && !isUnanswered ? this.#back() : destroy()),
        destroy,
      )
      .finally(() => cancel?.destroy());
  }

  #back(): void {
    this.#gone(() => this.#line.back(this.#retiredBy));
  }

  #gone(leave: () => void): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#plan.call.onAbort = null;
    leave();
    this.#isEnded = true;
    this.#onEnded?.();
  }
}
