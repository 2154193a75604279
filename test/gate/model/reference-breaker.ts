/**
 * The breaker as the design tells it, written a second time without looking at the first: a list of votes that is
 * counted anew at every judgement. Slow and plain; the machine has to agree with it.
 */
import type { Adopt, Opening, Operate } from "../../../lib/gate/commands.ts";
import type { GateEvent, TransitionCause } from "../../../lib/gate/events.ts";
import type { BreakerState, GateConfig, Lane, Outcome, OverrideMode } from "../../../lib/gate/types.ts";

interface Vote {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
  readonly windowMs: number;
}
export interface Moment {
  readonly now: number;
  readonly config: GateConfig;
  readonly jitter: number;
}
export interface Holding {
  readonly lane: Lane;
  readonly generation: number;
  readonly probe: boolean;
  readonly adopted: boolean;
}
const second = (ms: number) => Math.floor(ms / 1_000);

export class ReferenceBreaker {
  state: BreakerState = "closed";
  since: number;
  openUntil = 0;
  generation: number;
  overrideVersion: number;
  override: { mode: OverrideMode; until: number; actor: string; reason: string } | null = null;
  recoveredAt: number | null = null;
  failedRecoveries = 0;
  unsuccessfulProbes = 0;
  lastFailureAt = 0;
  /** All votes of this life, and where in them the window and the run begin. */
  readonly votes: Vote[] = [];
  #windowFrom = 0;
  #run: Vote[] = [];
  probeSuccesses = 0;
  #silentUntil = 0;
  #opIds: string[] = [];
  #operated = false;
  #best = { generation: 0, version: 0 };
  events: GateEvent[] = [];
  onLeavingClosed: () => void = () => {};

  constructor(now: number, generation: number, overrideVersion: number) {
    this.since = now;
    this.generation = generation;
    this.overrideVersion = overrideVersion;
  }

  window({ now, config }: Moment): { calls: number; failures: number; slow: number } {
    const votes = this.votes
      .slice(this.#windowFrom)
      .filter(({ at }) => second(at) > second(now) - config.windowSeconds);
    const count = (which: (vote: Vote) => boolean) => votes.filter(which).length;
    return { calls: votes.length, failures: count(({ failed }) => failed), slow: count(({ slow }) => slow) };
  }

  #runNow(): { failures: number; since: number } {
    let run = { failures: 0, since: 0 };
    for (const { at, failed, windowMs } of this.#run) {
      if (run.failures > 0 && at - run.since > windowMs) run = { failures: 0, since: 0 };
      if (failed) run = { failures: run.failures + 1, since: run.failures === 0 ? at : run.since };
      else run = run.failures > 10 ? { ...run, failures: run.failures - 10 } : { failures: 0, since: 0 };
    }
    return run;
  }

  enter(to: BreakerState, at: number, cause: TransitionCause): void {
    this.events.push({ kind: "transition", at, from: this.state, to, cause, generation: ++this.generation });
    if (to !== "closed") this.onLeavingClosed();
    this.state = to;
    this.since = at;
    this.openUntil = 0;
    this.probeSuccesses = 0;
    this.#run = [];
    if (to !== "closed") return;
    this.#windowFrom = this.votes.length;
    this.unsuccessfulProbes = 0;
    this.recoveredAt = cause === "probes_succeeded" ? at : null;
  }

  periodMs({ config, jitter }: Moment): number {
    let period = config.recoveryMs;
    const limit = Math.max(300_000, config.recoveryMs);
    for (let r = 0; r < this.failedRecoveries && period < limit; r++) period = Math.min(limit, period * 2);
    return period + Math.floor((period * jitter) / 5_000);
  }

  #open(moment: Moment, cause: TransitionCause): void {
    const soon = this.recoveredAt !== null && moment.now - this.recoveredAt < moment.config.recoveryMs;
    const again = this.state === "half_open" || soon;
    this.failedRecoveries = again ? this.failedRecoveries + 1 : 0;
    this.enter("open", moment.now, cause);
    this.openUntil = moment.now + this.periodMs(moment);
  }

  overrideEnds(now: number): void {
    if (this.override && this.override.until <= now) this.#endOverride(this.override.until, "override_ended");
  }

  openPeriodEnds(now: number): void {
    if (this.state !== "open" || this.override || this.openUntil > now) return;
    this.enter("half_open", this.openUntil, "open_period_over");
  }

  settled(moment: Moment, permit: Holding, outcome: Outcome, slow: boolean): void {
    const { config, now } = moment;
    if (permit.lane === "health" || permit.adopted || permit.generation !== this.generation) return;
    if (permit.probe && outcome !== "success") this.unsuccessfulProbes++;
    if (outcome === "ignored") return;
    const standing = this.state !== "closed";
    if (standing && config.enabled && !permit.probe) return;
    const failed = outcome === "failure";
    if (failed) this.lastFailureAt = now;
    const vote = { at: now, failed, slow: slow && permit.lane === "request", windowMs: config.windowSeconds * 1_000 };
    this.votes.push(vote);
    if (!standing) this.#run.push(vote);
    if (!config.enabled) return;
    if (!standing) this.#judge(moment);
    else if (failed) this.#open(moment, "probe_failed");
    else if (++this.probeSuccesses >= config.successesToClose) this.enter("closed", now, "probes_succeeded");
  }

  #judge(moment: Moment): void {
    const cause = this.#verdict(moment);
    const mode = this.override?.mode;
    if (!cause || mode === "force_closed") return;
    if (mode !== "observe") {
      this.#open(moment, cause);
    } else if (moment.now >= this.#silentUntil) {
      this.#silentUntil = moment.now + this.periodMs(moment);
      this.events.push({ kind: "would_open", at: moment.now, cause });
    }
  }

  #verdict(moment: Moment): TransitionCause | null {
    const { calls, failures, slow } = this.window(moment);
    const { windowCalls, failureThreshold, failureRate, slowRate } = moment.config;
    const enough = calls >= windowCalls;
    if (enough && failures >= failureThreshold && failures / calls >= failureRate / 10_000) return "failure_rate";
    if (enough && slow / calls > slowRate / 10_000) return "slow_rate";
    const run = this.#runNow();
    return run.failures >= failureThreshold && moment.now - run.since >= 250 ? "failure_run" : null;
  }

  operate({ now }: Moment, command: Operate): "stale" | "repeated" | null {
    if (this.#opIds.slice(-50).includes(command.opId)) return "repeated";
    if (command.expectedVersion !== null && command.expectedVersion !== this.overrideVersion) return "stale";
    this.#opIds.push(command.opId);
    this.#operated = true;
    this.overrideVersion++;
    const { mode, actor, reason } = command;
    const until = mode === "auto" ? now : now + command.ttlMs;
    this.events.push({ kind: "override", at: now, mode, until, actor, reason });
    if (mode !== "auto") this.#beginOverride(now, { mode, until, actor, reason }, "override");
    else if (this.override) this.#endOverride(now, "override");
    return null;
  }

  #beginOverride(now: number, override: NonNullable<typeof this.override>, cause: TransitionCause): void {
    const emptied = [override.mode, this.override?.mode].includes("force_closed");
    this.override = override;
    this.failedRecoveries = 0;
    this.#silentUntil = 0;
    if (override.mode !== "force_open") {
      if (emptied || this.state !== "closed") this.enter("closed", now, cause);
      return;
    }
    if (this.state !== "open") this.enter("open", now, cause);
    this.openUntil = override.until;
  }

  #endOverride(at: number, cause: TransitionCause): void {
    const mode = this.override?.mode;
    this.override = null;
    if (mode === "force_open") this.enter("half_open", at, cause);
    if (mode === "force_closed") this.enter("closed", at, cause);
  }

  /** While the life adopts: what an opener brought, or that it brought nothing. */
  adopt({ now }: Moment, { generation, overrideVersion }: Opening, { openMs, override }: Adopt): void {
    if (this.#operated) return;
    if (overrideVersion >= this.#best.version) {
      const better = overrideVersion > this.#best.version;
      this.#best.version = overrideVersion;
      if (override && override.remainingMs > 0 && (better || !this.override)) {
        const { remainingMs, ...rest } = override;
        this.events.push({ kind: "override", at: now, until: now + remainingMs, ...rest });
        this.#beginOverride(now, { ...rest, until: now + remainingMs }, "adopted");
      } else if (!override?.remainingMs && better && this.override) {
        this.override = null;
        if (this.state !== "closed") this.enter("closed", now, "adopted");
      }
    }
    if (generation < this.#best.generation) return;
    const better = generation > this.#best.generation;
    this.#best.generation = generation;
    if (this.override) return;
    const until = openMs ? now + openMs : 0;
    if (until === 0 && better && this.state === "open") this.enter("closed", now, "adopted");
    if (until === 0) return;
    const kept = better ? 0 : this.openUntil;
    if (this.state !== "open") this.enter("open", now, "adopted");
    this.openUntil = Math.max(kept, until);
  }
}
