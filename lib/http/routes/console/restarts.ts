/** Restarts: what would become of one, and those there were. */
import { html } from "hono/html";
import type { RestartRow, WorkerStatus } from "../../../contract/restarts.ts";
import type { Section } from "./live.ts";
import { countdown, fact, type Markup, plain, state, type Tone, table, time } from "./words.ts";

type RefusedBy = NonNullable<WorkerStatus["next_restart"]["refused_by"]>;

const REFUSED: Readonly<Record<RefusedBy, Markup>> = {
  state_store: state("unknown", "soft"),
  in_progress: state("under way", "warn"),
  cooldown: state("cooldown", "warn"),
  budget: state("blocked: budget spent", "bad"),
  churn: state("blocked: churn", "bad"),
  reborn: state("blocked: history lost", "bad"),
  damaged: state("blocked: history damaged", "bad"),
  audit: state("refused: no audit", "bad"),
};
const DECISIONS: Readonly<Record<RestartRow["decision"], Tone>> = {
  executed: "good",
  failed: "bad",
  unknown: "warn",
  in_progress: "warn",
  abandoned: "soft",
};

export function restartsSection(
  { platform, ledger, next_restart: next, resilience, restart_history: history }: WorkerStatus,
  nowMs: number,
): Section {
  const { policy_state: policy, restart_churn: churn } = resilience;
  const left = new Date(nowMs + policy.cooldown_remaining_seconds * 1_000).toISOString();
  const isKnown = ledger.status !== "unknown";
  const body = html`<dl class="facts">
${fact("Another one", next.refused_by === null ? state("allowed", "good") : REFUSED[next.refused_by])}
${isKnown && policy.cooldown_remaining_seconds > 0 ? fact("Cooling down for", countdown(left, nowMs)) : ""}
${fact(`Of the budget, in ${policy.window_seconds} s`, `${policy.attempts_in_window ?? "unknown"} of ${policy.retry_budget}`)}
${fact("Churn", isKnown ? `${churn.count} of ${churn.threshold}` : "unknown")}
${ledger.in_progress ? fact("Under way", html`<code>${ledger.in_progress.slice(0, 8)}</code>`) : ""}
</dl>
${isKnown ? rows(history) : html`<p>${state("unknown", "soft")} The state store does not say which there were.</p>`}`;

  return { id: "restarts", title: `Restarts (${platform.hook})`, asOf: new Date(nowMs).toISOString(), body };
}

const rows = (history: WorkerStatus["restart_history"]): Markup =>
  table(
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
  );

const whyOf = ({ override_reason: override, decision_reason: reason }: RestartRow): string =>
  override === null ? reason : `${reason} (override: ${override})`;
