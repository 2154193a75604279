/** The ledger as a pure machine: decisions and history change together, in one step of the store. */
import { isDamaged, policyOf } from "./policy.ts";
import { countRefused, takeRefused } from "./refused.ts";
import { forgetKey, passTime } from "./time.ts";
import {
  type Begin,
  type BeginRefusal,
  FIRE_WITHIN_MS,
  HISTORY_KEPT,
  KEYS_KEPT,
  type LedgerCommand,
  type LedgerMessage,
  type LedgerReply,
  type LedgerResult,
  type LedgerRules,
  type LedgerState,
  type LedgerView,
  LONGEST_FAILURE,
  type Policy,
  type Restart,
  type RestartPhase,
} from "./types.ts";

const DONE: LedgerResult = { kind: "done" };
const VOID: LedgerResult = { kind: "void" };

/** Changes the state in place. @param now The store's clock, in whole milliseconds since 1970. */
export function stepLedger(state: LedgerState, { rules, heard, command }: LedgerMessage, now: number): LedgerReply {
  passTime(state, rules, heard, now);
  const result = apply(state, rules, command, now);
  return { result, refused: takeRefused(state, now), view: viewOf(state, rules, now) };
}

function apply(state: LedgerState, rules: LedgerRules, command: LedgerCommand, now: number): LedgerResult {
  switch (command.kind) {
    case "look":
      return DONE;
    case "begin":
      return begin(state, rules, command, now);
    case "fire":
      return change(state, command.id, ["begun"], (restart) => {
        restart.phase = "fired";
        restart.firedAt = now;
        restart.dueAt = now + command.completeWithinMs;
      });
    case "complete":
      // Also where it is late: that is more than was known.
      return change(state, command.id, ["fired", "unknown"], (restart) => {
        restart.phase = command.failure === null ? "executed" : "failed";
        state.ended[restart.phase] += 1;
        restart.completedAt = now;
        restart.dueAt = 0;
        restart.deployment = command.deployment;
        restart.failure = command.failure?.slice(0, LONGEST_FAILURE) ?? null;
      });
    case "abandon":
      return change(state, command.id, ["begun"], (restart) => {
        restart.phase = "abandoned";
        restart.completedAt = now;
        restart.dueAt = 0;
        forgetKey(state, restart.id);
      });
    case "follow":
      // Also of one that is not over: the platform may be quicker than who asked it.
      if (state.history.some((one) => one.id === command.id && hasEnded(one))) return VOID;
      return change(state, command.id, ["fired", "executed", "failed", "unknown"], (restart) => {
        restart.progress = command.progress;
        restart.followedAt = now;
      });
    case "refuse":
      return { kind: "counted", isNews: countRefused(state, command.attempt, now) };
    case "raise":
      return change(state, command.id, ["fired"], (restart) => {
        if (state.raisedBy === restart.id) return;
        state.raisedBy = restart.id;
        state.epoch += 1;
        state.raises += 1;
      });
  }
}

function change(
  { history }: LedgerState,
  id: string,
  from: readonly RestartPhase[],
  how: (restart: Restart) => void,
): LedgerResult {
  const restart = history.find((one) => one.id === id);
  if (!restart || !from.includes(restart.phase)) return VOID;
  how(restart);
  return DONE;
}

function begin(state: LedgerState, rules: LedgerRules, command: Begin, now: number): LedgerResult {
  const known = state.history.find(({ id }) => id === command.id);
  if (known) return { kind: "repeated", restart: { ...known } };
  const used = command.idempotency && state.keys.find(({ key }) => key === command.idempotency?.key);
  if (used && used.fingerprint !== command.idempotency?.fingerprint) return { kind: "key_reused" };
  if (used) {
    const restart = state.history.find(({ id }) => id === used.restart);
    return { kind: "repeated", restart: restart ? { ...restart } : null };
  }
  const policy = policyOf(state, rules, now);
  const overridden = command.override !== null && policy.state !== "allowed";
  const because = refusalOf(state, rules, command, policy, overridden);
  if (because) {
    const { source, requestedBy: actor, requestedIp: ip, login } = command;
    // Watchdogs ask every few seconds for as long as they see what they see: that is nobody's attempt.
    const isNews = source === "manual" && countRefused(state, { action: "restart", actor, login, ip, because }, now);
    return { kind: "refused", because, policy, retryAfterMs: retryAfterMs(state, because, policy, now), isNews };
  }
  return { kind: "begun", restart: { ...enter(state, command, policy, overridden, now) }, overridden };
}

function refusalOf(
  state: LedgerState,
  rules: LedgerRules,
  { source, evidence }: Begin,
  policy: Policy,
  overridden: boolean,
): BeginRefusal | null {
  if (underWay(state)) return "in_progress";
  if (policy.state !== "allowed" && !overridden) return policy.state;
  if (source === "manual") return null;
  const last = state.history.findLast(({ firedAt }) => firedAt > 0);
  const soundFrom = last ? last.firedAt + rules.longestPermitMs : 0;
  const heldMs = evidence ? state.clock - Math.max(evidence.since, soundFrom) : -1;
  return evidence && heldMs >= evidence.forMs ? null : "stale_evidence";
}

/** Nothing is promised of a block: a human has to look. */
function retryAfterMs(state: LedgerState, because: BeginRefusal, policy: Policy, now: number): number {
  if (because === "in_progress") return Math.max(0, (underWay(state)?.dueAt ?? now) - now);
  return because === "cooldown" ? policy.cooldownRemainingMs : 0;
}

function enter(state: LedgerState, command: Begin, policy: Policy, overridden: boolean, now: number): Restart {
  const { id, source, requestedBy, requestedIp, target, reason, override, idempotency } = command;
  const restart: Restart = {
    id,
    source,
    requestedBy,
    requestedIp,
    target,
    reason,
    overrideReason: overridden ? (override?.reason ?? null) : null,
    policyState: policy.state,
    requestedAt: now,
    phase: "begun",
    dueAt: now + FIRE_WITHIN_MS,
    firedAt: 0,
    completedAt: 0,
    deployment: null,
    failure: null,
    progress: null,
    followedAt: 0,
  };
  state.history.push(restart);
  if (state.history.length > HISTORY_KEPT) state.history.splice(leastWanted(state), 1);
  if (idempotency) state.keys.push({ ...idempotency, restart: id, at: now });
  if (state.keys.length > KEYS_KEPT) state.keys.shift();
  return restart;
}

/** The platform has said how it ended. */
export const hasEnded = ({ progress }: Restart): boolean => progress !== null && progress.state !== "running";

/** What never happened goes first, since only what did is counted. */
const leastWanted = ({ history }: LedgerState): number =>
  Math.max(
    0,
    history.findIndex(({ phase }) => phase === "abandoned"),
  );

const underWay = ({ history }: LedgerState): Restart | undefined => history.find(({ dueAt }) => dueAt > 0);

function viewOf(state: LedgerState, rules: LedgerRules, now: number): LedgerView {
  return {
    at: now,
    life: state.life,
    epoch: state.epoch,
    raised: state.raises > 0,
    policy: policyOf(state, rules, now),
    history: state.history.map((restart) => ({ ...restart })),
    ended: { ...state.ended },
    inProgress: underWay(state)?.id ?? null,
    damaged: isDamaged(state, rules, now),
  };
}
