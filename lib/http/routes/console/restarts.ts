/** Restarts: whether one is allowed and why not, and those there were. */
import { html } from "hono/html";
import type { PolicyState } from "../../../contract/parts.ts";
import type { RestartRow, WorkerStatus } from "../../../contract/restarts.ts";
import { fact, type Markup, plain, state, type Tone, table, time } from "./words.ts";

const STATES: Readonly<Record<PolicyState["state"], Tone>> = { allowed: "good", cooldown: "warn", blocked: "bad" };
const DECISIONS: Readonly<Record<RestartRow["decision"], Tone>> = {
  executed: "good",
  failed: "bad",
  unknown: "warn",
  in_progress: "warn",
  abandoned: "soft",
};

export function restartsSection(
  { platform, ledger, resilience, restart_history: history }: WorkerStatus,
  nowMs: number,
): Markup {
  const { policy_state: policy, restart_churn: churn } = resilience;
  const left = new Date(nowMs + policy.cooldown_remaining_seconds * 1_000).toISOString();
  return html`<section aria-labelledby="restarts"><h2 id="restarts">Restarts (${platform.hook})</h2>
<dl class="facts">
${fact("Policy", ledger.status === "ok" ? state(policy.state, STATES[policy.state]) : state("unknown", "soft"))}
${policy.cooldown_remaining_seconds > 0 ? fact("Cooling down for", html`<span data-until="${left}">${policy.cooldown_remaining_seconds} s</span>`) : ""}
${policy.blocked_by ? fact("Blocked by", plain(policy.blocked_by)) : ""}
${fact(`Of the budget, in ${policy.window_seconds} s`, `${policy.attempts_in_window ?? "unknown"} of ${policy.retry_budget}`)}
${fact("Churn", `${churn.count} of ${churn.threshold}`)}
${ledger.in_progress ? fact("Under way", html`<code>${ledger.in_progress.slice(0, 8)}</code>`) : ""}
</dl>
${table(
  "Restarts",
  ["When", "Who", "Why", "Came to", "At the platform"],
  history
    .toReversed()
    .map((restart) => [
      time(restart.requested_at),
      `${restart.requested_by} (${restart.source})`,
      whyOf(restart),
      state(plain(restart.decision), DECISIONS[restart.decision]),
      restart.failure ?? restart.deployment?.status ?? "",
    ]),
)}</section>`;
}

const whyOf = ({ override_reason: override, decision_reason: reason }: RestartRow): string =>
  override === null ? reason : `${reason} (override: ${override})`;

/** Why a plain restart would be refused; null where it would not. */
export function refusalOf({ ledger, resilience: { policy_state: policy } }: WorkerStatus): string | null {
  if (ledger.status !== "ok") return "The state store does not answer, so that nothing can be decided.";
  if (ledger.in_progress) return "Another restart is under way.";
  if (policy.state === "cooldown")
    return `The last one is too recent: ${policy.cooldown_remaining_seconds} s are left.`;
  return policy.state === "blocked" ? "There were too many lately." : null;
}
