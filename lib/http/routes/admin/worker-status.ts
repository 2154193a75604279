/** `GET /admin/api/worker/status`: restarts, their policy, and what to do, as the contract has it. */
import type { Config } from "../../../config/types.ts";
import type { PolicyState, Resilience, RuntimeContract } from "../../../contract/parts.ts";
import type { LastRestart, RestartRow, WorkerStatus } from "../../../contract/restarts.ts";
import { iso, isoOrNull, wholeSeconds } from "../../../contract/units.ts";
import type { LedgerView, Restart, RestartPhase } from "../../../recovery/ledger/types.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import { nextRestart } from "./next-restart.ts";

export interface WorkerSeen {
  readonly config: Config;
  readonly recovery: Recovery;
  /** Null where the store does not say. */
  readonly view: LedgerView | null;
  /** What the health payload says under the same names. */
  readonly resilience: Resilience;
  readonly runtimeContract: RuntimeContract;
  /** Of this process, where there is one. */
  readonly worker: { readonly pid: number; readonly startedAt: number } | null;
}

export function workerStatus(seen: WorkerSeen): WorkerStatus {
  const { config, recovery, view, resilience, runtimeContract, worker } = seen;
  const { provider } = recovery;
  const history = view?.history ?? [];
  const remainingMs = view?.policy.cooldownRemainingMs ?? 0;
  const last = history.findLast(({ phase }) => phase !== "abandoned");
  return {
    platform: {
      hook: provider.name,
      target: provider.targets[0] ?? null,
      targets: provider.targets,
      capabilities: provider.capabilities,
    },
    runtime_contract: runtimeContract,
    cooldown: { active: remainingMs > 0, remaining_seconds: wholeSeconds(remainingMs) },
    resilience: { ...resilience, policy_state: policyState(resilience.policy_state, view, config) },
    ledger: { status: view ? (view.damaged ? "damaged" : "ok") : "unknown", in_progress: view?.inProgress ?? null },
    next_restart: nextRestart({
      view,
      isAudited: recovery.isAudited,
      advice: resilience.recovery_recommendation,
      rules: config.restart,
    }),
    restart_history: history.map(historyRow),
    last_restart: last ? lastRow(last) : null,
    ...(worker && { worker_pid: worker.pid, worker_start_time: iso(worker.startedAt) }),
  };
}

function policyState(
  part: PolicyState,
  view: LedgerView | null,
  { restart }: Config,
): WorkerStatus["resilience"]["policy_state"] {
  return {
    ...part,
    attempts_in_window: view?.policy.attemptsInWindow ?? null,
    blocked_by: view?.policy.blockedBy ?? null,
    retry_budget: restart.retryBudget,
    churn_threshold: restart.churnThreshold,
    window_seconds: restart.windowMs / 1_000,
    guarded: restart.guarded,
  };
}

const DECISIONS: Readonly<Record<RestartPhase, RestartRow["decision"]>> = {
  begun: "in_progress",
  fired: "in_progress",
  executed: "executed",
  failed: "failed",
  unknown: "unknown",
  abandoned: "abandoned",
};

function lastRow(restart: Restart): LastRestart {
  return {
    requested_by: restart.requestedBy,
    requested_at: iso(restart.requestedAt),
    requested_ip: restart.requestedIp,
    completed_at: isoOrNull(restart.completedAt),
    success: successOf(restart),
  };
}

function historyRow(restart: Restart): RestartRow {
  const deployment = restart.progress?.deployment ?? restart.deployment;
  return {
    restart_id: restart.id,
    ...lastRow(restart),
    source: restart.source,
    decision: DECISIONS[phaseOf(restart)],
    decision_reason: restart.reason,
    manual_override: restart.overrideReason !== null,
    override_reason: restart.overrideReason,
    policy_state: restart.policyState,
    ...(restart.failure && { failure: restart.failure }),
    ...(deployment && { deployment }),
    ...(restart.progress && { progress: restart.progress.state }),
  };
}

/** What the platform said last is worth more than what it said first. */
function phaseOf({ phase, progress }: Restart): RestartPhase {
  if (progress?.state === "failed") return "failed";
  return progress?.state === "succeeded" && phase === "unknown" ? "executed" : phase;
}

/** Null while nobody knows. */
function successOf(restart: Restart): boolean | null {
  const phase = phaseOf(restart);
  if (phase === "executed") return true;
  return phase === "failed" ? false : null;
}
