/** What would become of a restart that an operator asked for now: the ledger's own verdict, and what stands beside it. */
import type { Config } from "../../../config/types.ts";
import type { Resilience } from "../../../contract/parts.ts";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import { wholeSeconds } from "../../../contract/units.ts";
import type { LedgerView } from "../../../recovery/ledger/types.ts";

type NextRestart = WorkerStatus["next_restart"];
type RefusedBy = NonNullable<NextRestart["refused_by"]>;

export interface NextRestartFacts {
  /** Null where the store does not say. */
  readonly view: LedgerView | null;
  /** Whether what is written to the audit lasts. */
  readonly isAudited: boolean;
  readonly advice: Resilience["recovery_recommendation"];
  readonly rules: Config["restart"];
}

/** The policy's, which an override passes. */
const POLICY: readonly RefusedBy[] = ["cooldown", "budget", "churn", "reborn", "damaged"];

export function nextRestart(facts: NextRestartFacts): NextRestart {
  const refusedBy = refusedByOf(facts);
  const overridePasses = facts.isAudited && refusedBy !== null && POLICY.includes(refusedBy);
  const helps = facts.advice.action !== "check_database_connectivity";
  const sentences = [
    refusedBy === null ? "A restart is allowed." : refusalSentence(refusedBy, facts),
    ...(refusedBy === null ? [] : [overridePasses ? "An override passes." : "An override does not pass either."]),
    ...(helps ? [] : ["It will not help: the database does not answer, and a restart does not mend a database."]),
  ];
  return { refused_by: refusedBy, override_passes: overridePasses, helps, message: sentences.join(" ") };
}

/** In the order in which a restart meets them. */
function refusedByOf({ view, isAudited }: NextRestartFacts): RefusedBy | null {
  if (view === null) return "state_store";
  if (view.inProgress !== null) return "in_progress";
  if (view.policy.blockedBy !== null) return view.policy.blockedBy;
  if (view.policy.state === "cooldown") return "cooldown";
  return isAudited ? null : "audit";
}

function refusalSentence(by: RefusedBy, { view, rules }: NextRestartFacts): string {
  const inWindow = `${view?.policy.attemptsInWindow ?? 0} in ${rules.windowMs / 1_000} s`;
  switch (by) {
    case "state_store":
      return "The state store does not answer, so that nothing can be decided.";
    case "in_progress":
      return "Another restart is under way.";
    case "cooldown":
      return `The last one is too recent: ${wholeSeconds(view?.policy.cooldownRemainingMs ?? 0)} s are left.`;
    case "budget":
      return `The budget is spent: there were ${inWindow}, of ${rules.retryBudget}.`;
    case "churn":
      return `There were ${inWindow}: ${rules.churnThreshold} are too many.`;
    case "reborn":
      return `The state store has lost what it knew of restarts; for ${rules.windowMs / 1_000} s nobody knows how many there were.`;
    case "damaged":
      return `Parts of what the state store knew of restarts were damaged and left out; for ${rules.windowMs / 1_000} s nobody knows how many there were.`;
    case "audit":
      return "It could not be written to the audit, which has no place that lasts: set AUDIT_FILE, or a STATE_URL that lasts.";
  }
}
