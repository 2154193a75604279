/** What health and the ledger say, and what instances count for their fleet at the main gate beside calls. */
import type { GateView } from "../gate/renewal.ts";
import { TALLIES } from "../gate/types.ts";
import { HEALTH_STATUSES, KEPT_HOWS, RESTART_OUTCOMES } from "./catalogue-fleet.ts";
import { type Family, family, flag } from "./family.ts";

/** The health payload, as far as it is counted. */
export interface HealthSeen {
  readonly status: string;
  readonly database: string;
  readonly stateStore: string;
  readonly ageMs: number;
}

/** The ledger's facts, as far as they are counted. */
export interface RestartsSeen {
  readonly countInWindow: number;
  readonly cooldownRemainingMs: number;
  readonly blocked: boolean;
  readonly churnExceeded: boolean;
  /** Those that have ended since the ledger's life began; null where it cannot be read. */
  readonly ended: Readonly<Record<(typeof RESTART_OUTCOMES)[number], number>> | null;
}

export function serviceMetrics(health: HealthSeen, restarts: RestartsSeen): readonly Family[] {
  const { ended } = restarts;
  const verdicts = HEALTH_STATUSES.map((status) => ({ labels: { status }, value: flag(health.status === status) }));
  return [
    family("tidegate_health_status", verdicts),
    family("tidegate_health_age_seconds", [{ value: health.ageMs / 1_000 }]),
    family("tidegate_database_up", known(health.database)),
    family("tidegate_state_store_up", known(health.stateStore)),
    family(
      "tidegate_restarts_total",
      RESTART_OUTCOMES.flatMap((outcome) => (ended ? { labels: { outcome }, value: ended[outcome] } : [])),
    ),
    family("tidegate_restarts_in_window", [{ value: restarts.countInWindow }]),
    family("tidegate_restart_cooldown_remaining_seconds", [{ value: restarts.cooldownRemainingMs / 1_000 }]),
    family("tidegate_restart_blocked", [{ value: flag(restarts.blocked) }]),
    family("tidegate_restart_churn_exceeded", [{ value: flag(restarts.churnExceeded) }]),
  ];
}

/** Not known, and not there, is neither up nor down. */
const known = (status: string): readonly { readonly value: number }[] =>
  status === "unknown" || status === "disabled" ? [] : [{ value: flag(status === "ok") }];

const STALE = "stale_";

/** @param main The gate that all of it is counted at; null where it cannot be seen, or is no fleet's. */
export function tallyMetrics(main: GateView | null): readonly Family[] {
  if (main === null || main.local === true) return [];
  const { tallies } = main.totals;
  const stale = TALLIES.filter((tally) => tally.startsWith(STALE));
  const kept = (how: (typeof KEPT_HOWS)[number]) =>
    how === "stale" ? stale.reduce((sum, tally) => sum + tallies[tally], 0) : tallies[`kept_${how}`];
  return [
    family(
      "tidegate_kept_answers_total",
      KEPT_HOWS.map((how) => ({ labels: { how }, value: kept(how) })),
    ),
    family(
      "tidegate_kept_stale_answers_total",
      stale.map((tally) => ({ labels: { code: tally.slice(STALE.length) }, value: tallies[tally] })),
    ),
  ];
}
