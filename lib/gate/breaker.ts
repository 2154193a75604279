/** The breaker: when it opens, for how long, what closes it. Rules 8 to 12. */
import { noteRetry, opensUntil } from "./backoff.ts";
import type { TransitionCause } from "./events.ts";
import type { Vote } from "./renewal.ts";
import type { Core, GateState } from "./state.ts";
import { report, type Turn } from "./turn.ts";
import { type BreakerState, QUEUED_LANES } from "./types.ts";
import { beginWindow, countVotes } from "./window.ts";

/** A run must last this long, or one burst of calls already in flight would open a gate that had one bad moment. */
export const RUN_AGE_MS = 250;
/** One success outweighs ten failures of a run: it says that the database is there. */
export const SUCCESS_OUTWEIGHS = 10;
/** What a probe may be said to take, in a refusal beside one. */
export const SHORTEST_PROBE_MS = 1_000;
export const LONGEST_PROBE_MS = 5_000;

/** By the sender's rules: one whose breaker keeps nothing away finds it closed. */
export function stateFor({ core, config }: Turn): BreakerState {
  const isObserved = config.mode === "observe" && core.override?.mode === "force_open";
  return config.mode === "on" || isObserved ? core.state : "closed";
}

/** Every transition goes through here, and is reported. */
export function enter(turn: Turn, to: BreakerState, at: number, cause: TransitionCause): void {
  const { core, gate } = turn;
  const from = core.state;
  begin(turn, to, at, cause === "probes_succeeded");
  gate.totals.transitions[to] += 1;
  gate.totals.causes[cause][to] += 1;
  turn.touched.totals = true;
  report(turn, { kind: "transition", at, from, to, cause, generation: core.generation });
}

/** From now on a state is this one, whatever it was: with a generation of its own, without a run, and told to all. */
export function begin(turn: Turn, to: BreakerState, at: number, recovered = false): void {
  const { core, gate } = turn;
  core.state = to;
  core.since = at;
  raiseGeneration(gate, core, core.generation + 1);
  core.openUntil = 0;
  core.successes = 0;
  core.runFailures = 0;
  core.runSince = 0;
  core.goodPings = 0;
  if (to === "closed") {
    core.failedProbes = 0;
    core.pingsTrusted = true;
    core.slowOpened = false;
    core.retryAt = 0;
    core.recoveredAt = recovered ? at : 0;
    core.window = beginWindow(gate.seconds, at);
  }
  turn.push.push({ session: null, message: "changed" });
}

/** Numbers only grow. Hunger of an older generation is none: who needs something says so again. */
export function raiseGeneration(gate: GateState, core: Core, generation: number): void {
  core.generation = generation;
  for (const lane of QUEUED_LANES) gate.hungry[lane].clear();
}

/** Opens after a verdict; a reopening soon after a recovery is one more failed recovery. */
function open(turn: Turn, cause: TransitionCause): void {
  const { core, now, config } = turn;
  const recoveryFailed =
    core.state === "half_open" || (core.recoveredAt > 0 && now - core.recoveredAt < config.recoveryMs);
  core.failedRecoveries = recoveryFailed ? core.failedRecoveries + 1 : 0;
  if (cause !== "probe_failed") core.slowOpened = cause === "slow_rate";
  enter(turn, "open", now, cause);
  stayOpenUntil(turn, opensUntil(turn));
}

export function stayOpenUntil(turn: Turn, until: number): void {
  turn.core.openUntil = until;
}

/** Calls of one generation have ended. What belongs to another one has no vote. */
export function vote(turn: Turn, votes: Vote): void {
  const { core, config, now } = turn;
  const { calls, failures, probe } = votes;
  if (votes.generation !== core.generation) return;
  if (core.state === "half_open" && probe) core.failedProbes += failures + votes.ignored;
  if (calls > 0) core.lastCallAt = now;
  const state = stateFor(turn);
  if (state === "open" || (state === "half_open" && !probe)) return;
  if (calls === 0) return;

  if (failures > 0) {
    core.lastFailureAt = now;
    noteRetry(turn, votes.retryAfterMs);
  }
  if (calls > failures) core.lastSuccessAt = now;
  countVotes(turn, votes);
  if (state === "half_open") judgeProbes(turn, votes);
  // Where nobody's probe will ever close it, an observer's calls are judged all the same.
  else if (core.state === "closed" || (core.state === "half_open" && config.mode === "observe")) {
    judgeCalls(turn, votes);
  }
}

/** After calls for slowness a slow answer is none. */
function judgeProbes(turn: Turn, { calls, failures, slow }: Vote): void {
  if (failures > 0 || (turn.core.slowOpened && slow > 0)) {
    loseTrustInPings(turn);
    open(turn, "probe_failed");
  } else succeeded(turn, calls);
}

/** Calls, or pings in their place. */
export function succeeded(turn: Turn, probes: number): void {
  turn.core.successes += probes;
  if (turn.core.successes >= turn.config.successesToClose) enter(turn, "closed", turn.now, "probes_succeeded");
}

/** They had said that the database is there, and it was not there for a call. */
export const PINGS_BELIED_MS = 10_000;
function loseTrustInPings({ core, now }: Turn): void {
  if (core.pingsEndedAt > 0 && now - core.pingsEndedAt < PINGS_BELIED_MS) core.pingsTrusted = false;
}

function judgeCalls(turn: Turn, votes: Vote): void {
  const { core, config, now } = turn;
  countRun(turn, votes);
  const forced = core.override?.mode;
  if (config.mode === "off" || forced === "force_closed") return;
  const cause = verdict(turn);
  if (!cause) return;
  if (config.mode === "on" && forced !== "observe") open(turn, cause);
  else if (now >= core.observedUntil) {
    core.observedUntil = opensUntil(turn);
    report(turn, { kind: "would_open", at: now, cause });
  }
}

/** Sums have no order: what succeeded is taken to have come before what failed, since a failure is told at once. */
function countRun({ core, config, now }: Turn, { calls, failures }: Vote): void {
  if (core.runFailures > 0 && now - core.runSince > config.windowSeconds * 1_000) core.runFailures = 0;
  core.runFailures = Math.max(0, core.runFailures - SUCCESS_OUTWEIGHS * (calls - failures));
  if (core.runFailures === 0) core.runSince = failures > 0 ? now : 0;
  core.runFailures += failures;
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
