/** What is said of restarts, and of the watchdog who asks for them. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { policyState, recommendation, resilience, runtimeContract } from "./parts.ts";
import { cooldownSchema } from "./system.ts";
import { count, isoTime, someText } from "./values.ts";

const deploymentSchema = v.strictObject({
  id: v.string(),
  url: v.nullable(v.string()),
  status: v.nullable(v.string()),
});

/** Of the last one alone, and first of each in the history. */
const lastRestart = {
  requested_by: v.string(),
  requested_at: isoTime,
  requested_ip: v.nullable(v.string()),
  completed_at: v.nullable(isoTime),
  success: v.nullable(v.boolean()),
};

const restartSchema = v.strictObject({
  restart_id: v.string(),
  ...lastRestart,
  source: v.picklist(["auto", "manual"]),
  decision: v.picklist(["executed", "failed", "in_progress", "unknown", "abandoned"]),
  decision_reason: v.string(),
  manual_override: v.boolean(),
  override_reason: v.nullable(v.string()),
  policy_state: policyState.entries.state,
  failure: v.optional(someText),
  deployment: v.optional(deploymentSchema),
  progress: v.optional(v.picklist(["running", "succeeded", "failed"])),
});
export type RestartRow = Payload<typeof restartSchema>;
export type LastRestart = NonNullable<WorkerStatus["last_restart"]>;

export const workerStatusSchema = v.strictObject({
  platform: v.strictObject({
    hook: v.string(),
    target: v.nullable(v.string()),
    targets: v.array(v.string()),
    capabilities: v.array(v.picklist(["restart", "status", "dry_run"])),
  }),
  runtime_contract: runtimeContract,
  cooldown: cooldownSchema,
  resilience: v.strictObject({
    ...resilience.entries,
    policy_state: v.strictObject({
      ...policyState.entries,
      attempts_in_window: v.nullable(count),
      blocked_by: v.nullable(v.picklist(["budget", "churn", "reborn", "damaged"])),
      retry_budget: count,
      churn_threshold: count,
      window_seconds: count,
      guarded: v.boolean(),
    }),
  }),
  ledger: v.strictObject({ status: v.picklist(["ok", "damaged", "unknown"]), in_progress: v.nullable(v.string()) }),
  next_restart: v.strictObject({
    refused_by: v.nullable(
      v.picklist(["state_store", "in_progress", "cooldown", "budget", "churn", "reborn", "damaged", "audit"]),
    ),
    override_passes: v.boolean(),
    helps: v.pipe(v.boolean(), v.description("False while the database does not answer: no restart mends that.")),
    message: v.pipe(someText, v.description("What would become of one now, as a sentence, for people.")),
  }),
  restart_history: v.array(restartSchema),
  last_restart: v.nullable(v.strictObject(lastRestart)),
  worker_pid: v.optional(count),
  worker_start_time: v.optional(isoTime),
});
export type WorkerStatus = Payload<typeof workerStatusSchema>;

export const restartedSchema = v.strictObject({
  message: someText,
  restart_id: v.string(),
  requested_by: v.string(),
  requested_at: isoTime,
  policy_state: policyState.entries.state,
  decision: v.strictObject({
    allowed: v.literal(true),
    decision: v.picklist(["allowed", "manual_override"]),
    reason: someText,
    requires_acknowledgement: v.literal(false),
  }),
  platform: v.strictObject({ hook: v.string(), deployment: v.optional(deploymentSchema) }),
  status_url: v.string(),
});
export type Restarted = Payload<typeof restartedSchema>;

/** What the watchdog did: as of a restart that was asked for, or why it asked for none. */
export const tickSchema = v.strictObject({
  outcome: v.picklist([
    ...(["off", "idle", "overlapped", "blind"] as const),
    ...(["accepted", "failed", "refused", "repeated", "key_reused", "unavailable"] as const),
  ]),
  because: v.nullable(v.string()),
  recommendation: v.nullable(recommendation),
});
export type Tick = Payload<typeof tickSchema>;
