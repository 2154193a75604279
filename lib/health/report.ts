/** What one computation comes to, as instances hand it to each other: as text, which may come from another version. */
import type { Config } from "../config/types.ts";
import { deepPayload } from "./deep-payload.ts";
import { type Degradation, degradation } from "./degradation.ts";
import type { HealthFacts } from "./facts.ts";
import type { Memoized } from "./memo.ts";
import { type HealthPayload, healthPayload } from "./payload.ts";
import { judge } from "./status.ts";
import type { Scope } from "./tier.ts";

export interface Report {
  readonly health: HealthPayload;
  readonly deep: HealthPayload;
  readonly degradation: Degradation | null;
}

const STATUSES: readonly unknown[] = ["healthy", "degraded", "unhealthy"];

/** @param previous The report before, whoever made it. */
export function reportOn(facts: HealthFacts, previous: Memoized<Report> | null, scope: Scope, config: Config): Report {
  const verdict = judge(facts, config);
  const before = previous && { degradation: previous.value.degradation, ageMs: previous.ageMs };
  const findings = { facts, verdict, degradation: degradation(verdict.status, before, facts.at), scope };
  return {
    health: healthPayload(findings, config),
    deep: deepPayload(findings, config),
    degradation: findings.degradation,
  };
}

/** Null for what is no report: payloads are handed on as they are, so only what is used here is looked at. */
export function readReport(text: string): Report | null {
  try {
    const { health, deep, degradation } = JSON.parse(text) as Report;
    const known = degradation === null || (isText(degradation.since) && Number.isFinite(degradation.lastedMs));
    return known && isPayload(health) && isPayload(deep) ? { health, deep, degradation } : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): boolean => typeof value === "string";

const isPayload = (value: HealthPayload): boolean => STATUSES.includes(value.status);
