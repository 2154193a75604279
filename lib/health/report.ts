/** What one computation comes to, as instances hand it to each other: as text, which may come from another version. */
import type { Config } from "../config/types.ts";
import { fromJson } from "../shape.ts";
import { deepPayload } from "./deep-payload.ts";
import { degradation } from "./degradation.ts";
import type { HealthFacts } from "./facts.ts";
import type { Memoized } from "./last-value.ts";
import { healthPayload } from "./payload.ts";
import { latestNews, UNKNOWN } from "./ping.ts";
import { type Report, report } from "./report-shape.ts";
import { judge } from "./status.ts";
import type { Scope } from "./tier.ts";

export type { Report } from "./report-shape.ts";

/** @param previous The report before, whoever made it. */
export function reportOn(
  gathered: HealthFacts,
  previous: Memoized<Report> | null,
  scope: Scope,
  config: Config,
): Report {
  const before = previous && { ...previous.value, ageMs: previous.ageMs };
  const news = latestNews(gathered.ping, before);
  const facts = { ...gathered, ping: gathered.ping.status === "disabled" ? gathered.ping : (news?.ping ?? UNKNOWN) };
  const verdict = judge(facts, config);
  const findings = { facts, verdict, degradation: degradation(verdict.status, before, facts.at), scope };
  return {
    health: healthPayload(findings, config),
    deep: deepPayload(findings, config),
    degradation: findings.degradation,
    news,
  };
}

/** Null for what is no report, whoever has left it there: then it is computed anew. */
export function readReport(text: string): Report | null {
  const found = fromJson(text);
  return report(found) ? found : null;
}
