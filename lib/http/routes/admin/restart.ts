/** `POST /admin/api/worker/restart`: the request as the contract has it, and what came of it as an answer. */
import type { Context } from "hono";
import * as v from "valibot";
import type { Restarted } from "../../../contract/restarts.ts";
import { iso, wholeSeconds } from "../../../contract/units.ts";
import type { Login } from "../../../recovery/ledger/attempt.ts";
import type { BlockReason, IdempotencyKey, Restart } from "../../../recovery/ledger/types.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { RestartAnswer } from "../../../recovery/restarts.ts";
import type { IdentifiedEnv } from "../../auth/identity.ts";
import { success } from "../../envelope.ts";
import { mountOf } from "../../own.ts";
import { ProblemError } from "../../problem.ts";
import { jsonObject } from "./body.ts";

const LONGEST_REASON = 500;
const LONGEST_NAME = 200;

const reason = v.pipe(
  v.string("a text"),
  v.maxLength(LONGEST_REASON, `a text of at most ${LONGEST_REASON} characters`),
);
const flag = v.boolean("true or false, as JSON has them");

export interface RestartBody {
  readonly manual_override?: boolean | undefined;
  readonly override_acknowledged?: boolean | undefined;
  readonly override_reason?: string | undefined;
  /** Why, for the audit and the platform. */
  readonly reason?: string | undefined;
  readonly target?: string | undefined;
}

export const restartBody: v.GenericSchema<unknown, RestartBody> = jsonObject(
  v.strictObject({
    manual_override: v.optional(flag),
    override_acknowledged: v.optional(flag),
    override_reason: v.optional(reason),
    reason: v.optional(reason),
    target: v.optional(
      v.pipe(v.string("a text"), v.minLength(1, "a name"), v.maxLength(LONGEST_NAME, "a shorter name")),
    ),
  }),
);

/** Who asks, from where, as the audit has it. */
export interface Caller {
  readonly actor: string;
  readonly login: Login;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
}

export async function restart(
  c: Context<IdentifiedEnv>,
  recovery: Recovery,
  body: RestartBody,
  caller: Caller,
): Promise<Response> {
  const overrideReason = body.override_reason?.trim() ?? "";
  if (body.manual_override && overrideReason === "") {
    throw new ProblemError("RESTART_OVERRIDE_REASON_REQUIRED", "A manual override needs an override_reason.");
  }
  const target = body.target ?? null;
  if (target !== null && !recovery.provider.targets.includes(target)) {
    const known = recovery.provider.targets.join(", ") || "none";
    throw new ProblemError("VALIDATION_ERROR", `target: one of those configured (${known})`);
  }
  const overrides = body.manual_override === true && body.override_acknowledged === true;
  const answer = await recovery.restarts.request({
    ...caller,
    source: "manual",
    reason: body.reason?.trim() || overrideReason || "asked for by an operator",
    target,
    override: overrides ? { reason: overrideReason } : null,
    idempotency: await idempotencyOf(c, caller.actor, body),
    evidence: null,
  });
  return answerOf(c, recovery, answer);
}

function answerOf(c: Context<IdentifiedEnv>, recovery: Recovery, answer: RestartAnswer): Response {
  switch (answer.kind) {
    case "accepted":
    case "failed":
      return made(c, recovery, answer.restart);
    case "repeated":
      if (!answer.restart) throw new ProblemError("RESTART_IN_PROGRESS", "This restart is no longer on record.");
      if (answer.restart.dueAt > 0) throw new ProblemError("RESTART_IN_PROGRESS", "This restart is under way.");
      return made(c, recovery, answer.restart);
    case "key_reused":
      throw new ProblemError("IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key came with another request before.");
    case "unavailable":
      throw new ProblemError("SERVICE_UNAVAILABLE", UNAVAILABLE[answer.missing]);
    case "refused":
      throw refusal(answer);
  }
}

const UNAVAILABLE = {
  ledger: "Nothing was restarted: the state store does not answer, so that it cannot be decided.",
  audit: "Nothing was restarted: it cannot be written to the audit.",
} as const;

/** The same for the same restart, whenever it is asked for. */
function made(c: Context<IdentifiedEnv>, { provider }: Recovery, restart: Restart): Response {
  if (restart.phase === "failed" || restart.phase === "unknown") {
    const details = { restart_id: restart.id, hook: provider.name };
    throw new ProblemError("RESTART_FAILED", "The platform did not restart, or did not say so.", { details });
  }
  const payload: Restarted = {
    message: "The restart has been handed to the platform.",
    restart_id: restart.id,
    requested_by: restart.requestedBy,
    requested_at: iso(restart.requestedAt),
    policy_state: restart.policyState,
    decision: {
      allowed: true,
      decision: restart.overrideReason === null ? "allowed" : "manual_override",
      reason: restart.overrideReason ?? "The policy allows it.",
      requires_acknowledgement: false,
    },
    platform: { hook: provider.name, ...(restart.deployment && { deployment: restart.deployment }) },
    status_url: `${mountOf(c)}/admin/api/worker/status`,
  };
  c.status(202);
  return success(c, payload);
}

const BLOCKED_BY: Readonly<Record<BlockReason, string>> = {
  budget: "the budget of this window is spent",
  churn: "there were too many in this window",
  reborn: "the state store has lost what it knew of them",
  damaged: "parts of what the state store knew of them were damaged",
};

function refusal({ because, policy }: Extract<RestartAnswer, { kind: "refused" }>): ProblemError {
  if (because === "in_progress") return new ProblemError("RESTART_IN_PROGRESS", "Another restart is under way.");
  const leftSeconds = wholeSeconds(policy.cooldownRemainingMs);
  const details = {
    decision: { allowed: false, decision: because, reason: policy.blockedBy, requires_acknowledgement: true },
    cooldown_remaining_seconds: leftSeconds,
  };
  if (because === "cooldown") {
    const message = `The last restart is too recent: ${leftSeconds} s are left; an operator may override that with a reason.`;
    // A client that follows a Retry-After would restart for real once that is over, whether or not anybody still wants it.
    return new ProblemError("TOO_MANY_REQUESTS", message, { reason: because, details, retryAfterMs: null });
  }
  const message = policy.blockedBy
    ? `Restarts are blocked: ${BLOCKED_BY[policy.blockedBy]}; an operator may override that with a reason.`
    : "What speaks for a restart is older than the last one.";
  return new ProblemError("RESTART_POLICY_BLOCKED", message, { details });
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Digests, since what a client sends must not fill the ledger. A key is its actor's own. */
async function idempotencyOf(c: Context, actor: string, body: RestartBody): Promise<IdempotencyKey | null> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (!KEY.test(key)) {
    throw new ProblemError("VALIDATION_ERROR", "Idempotency-Key: 1 to 255 visible characters");
  }
  const sorted = Object.entries(body).sort(([one], [other]) => (one < other ? -1 : 1));
  return { key: await digest(JSON.stringify([actor, key])), fingerprint: await digest(JSON.stringify(sorted)) };
}

/** 128 bits of SHA-256: enough that nobody finds two texts for one. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes.subarray(0, 16)));
}
