/** The breaker: when it opens, for how long, what closes it. Rules 4 to 7 of the design. */
import type { TransitionCause } from "./events.ts";
import type { Permit } from "./state.ts";
import { expect, report, type Turn } from "./turn.ts";
import type { BreakerState, Outcome } from "./types.ts";
import { beginWindow, countVote } from "./window.ts";

/** An open period grows to this at most, unless the first one is longer already. */
const LONGEST_OPEN_MS = 300_000;
/** A run must last this long, or one burst of calls already in flight would open a gate that had one bad moment. */
const RUN_AGE_MS = 250;
/** One success outweighs ten failures of a run: it says that the database is there. */
const SUCCESS_OUTWEIGHS = 10;

/** Every transition goes through here: it raises the generation, ends the run, and is reported. */
export function enter(turn: Turn, to: BreakerState, at: number, cause: TransitionCause): void {
  const { core, gate } = turn;
  const from = core.state;
  core.state = to;
  core.since = at;
  core.generation += 1;
  core.openUntil = 0;
  core.successes = 0;
  core.runFailures = 0;
  core.runSince = 0;
  if (to === "closed") {
    core.failedProbes = 0;
    core.recoveredAt = cause === "probes_succeeded" ? at : 0;
    core.window = beginWindow(gate.seconds, at);
  } else {
    for (const [id] of gate.tickets) turn.touched.tickets.push(id);
    gate.tickets.clear();
    gate.lines.request.length = 0;
    gate.lines.slow.length = 0;
  }
  report(turn, { kind: "transition", at, from, to, cause, generation: core.generation });
}

/** Opens after a verdict; a reopening soon after a recovery is one more failed recovery. */
function open(turn: Turn, cause: TransitionCause): void {
  const { core, now, config } = turn;
  const recoveryFailed =
    core.state === "half_open" || (core.recoveredAt > 0 && now - core.recoveredAt < config.recoveryMs);
  core.failedRecoveries = recoveryFailed ? core.failedRecoveries + 1 : 0;
  enter(turn, "open", now, cause);
  stayOpenUntil(turn, now + openPeriodMs(turn));
}

export function stayOpenUntil(turn: Turn, until: number): void {
  turn.core.openUntil = until;
  expect(turn.gate, until);
}

function openPeriodMs(turn: Turn): number {
  const { recoveryMs } = turn.config;
  const doublings = Math.min(turn.core.failedRecoveries, 30);
  const period = Math.min(recoveryMs * 2 ** doublings, Math.max(LONGEST_OPEN_MS, recoveryMs));
  return period + Math.floor((period * turn.jitter) / 5_000);
}

/** A living permit reports. What belongs to another generation, to the health lane or to an older life has no vote. */
export function vote(turn: Turn, permit: Permit, outcome: Outcome, slow: boolean): void {
  const { core, config } = turn;
  if (permit.lane === "health" || permit.adopted || permit.generation !== core.generation) return;
  if (permit.probe && outcome !== "success") core.failedProbes += 1;
  if (outcome === "ignored") return;
  // Switched off, the state stands still and is no reason to lose a vote.
  if (config.enabled && core.state !== "closed" && !permit.probe) return;

  const failed = outcome === "failure";
  if (failed) core.lastFailureAt = turn.now;
  countVote(turn, failed, slow && permit.lane === "request");
  if (core.state === "closed") judgeCall(turn, failed);
  else if (config.enabled) judgeProbe(turn, failed);
}

function judgeProbe(turn: Turn, failed: boolean): void {
  if (failed) open(turn, "probe_failed");
  else if (++turn.core.successes >= turn.config.successesToClose) enter(turn, "closed", turn.now, "probes_succeeded");
}

function judgeCall(turn: Turn, failed: boolean): void {
  const { core, config, now } = turn;
  countRun(turn, failed);
  if (!config.enabled || core.override?.mode === "force_closed") return;
  const cause = verdict(turn);
  if (!cause) return;
  if (core.override?.mode !== "observe") open(turn, cause);
  else if (now >= core.observedUntil) {
    core.observedUntil = now + openPeriodMs(turn);
    report(turn, { kind: "would_open", at: now, cause });
  }
}

function countRun(turn: Turn, failed: boolean): void {
  const { core, config, now } = turn;
  if (core.runFailures > 0 && now - core.runSince > config.windowSeconds * 1_000) core.runFailures = 0;
  if (!failed) core.runFailures = Math.max(0, core.runFailures - SUCCESS_OUTWEIGHS);
  else if (core.runFailures++ === 0) core.runSince = now;
  if (core.runFailures === 0) core.runSince = 0;
}

function verdict({ core, config, now }: Turn): TransitionCause | null {
  const { calls, failures, slow } = core.window;
  if (calls >= config.windowCalls) {
    if (failures >= config.failureThreshold && failures * 10_000 >= config.failureRate * calls) return "failure_rate";
    if (slow * 10_000 > config.slowRate * calls) return "slow_rate";
  }
  if (core.runFailures >= config.failureThreshold && now - core.runSince >= RUN_AGE_MS) return "failure_run";
  return null;
}
