/** What one computation comes to, as instances hand it to each other: as text, which may come from another version. */
import type { Config } from "../config/types.ts";
import type { DeepPayload, HealthPayload } from "../contract/health.ts";
import { deepPayload } from "./deep-payload.ts";
import { type Degradation, degradation } from "./degradation.ts";
import type { HealthFacts } from "./facts.ts";
import type { Memoized } from "./last-value.ts";
import { healthPayload } from "./payload.ts";
import { latestNews, type News, UNKNOWN } from "./ping.ts";
import { judge } from "./status.ts";
import type { Scope } from "./tier.ts";

export interface Report {
  readonly health: HealthPayload;
  readonly deep: DeepPayload;
  readonly degradation: Degradation | null;
  readonly news: News | null;
}

const STATUSES: readonly unknown[] = ["healthy", "degraded", "unhealthy"] satisfies HealthPayload["status"][];

/** @param previous The report before, whoever made it. */
export function reportOn(
  gathered: HealthFacts,
  previous: Memoized<Report> | null,
  scope: Scope,
  config: Config,
): Report {
  const before = previous && { ...previous.value, ageMs: previous.ageMs };
  const news = latestNews(gathered.ping, before);
  const facts = { ...gathered, ping: news?.ping ?? UNKNOWN };
  const verdict = judge(facts, config);
  const findings = { facts, verdict, degradation: degradation(verdict.status, before, facts.at), scope };
  return {
    health: healthPayload(findings, config),
    deep: deepPayload(findings, config),
    degradation: findings.degradation,
    news,
  };
}

/**
 * Null for what is no report. Payloads are handed on as they are, so only what is used here is looked at: one of another
 * version may lack a part, and code that reads it has to bear that.
 */
export function readReport(text: string): Report | null {
  try {
    const { health, deep, degradation, news } = JSON.parse(text) as Report;
    const dated = degradation === null || (isText(degradation.since) && Number.isFinite(degradation.lastedMs));
    const heard = news === null || (isText(news.ping.status) && Number.isFinite(news.ageMs));
    return dated && heard && isPayload(health) && isPayload(deep) ? { health, deep, degradation, news } : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): boolean => typeof value === "string";

const isPayload = (value: HealthPayload | DeepPayload): boolean => STATUSES.includes(value.status);
