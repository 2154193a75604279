/** The verdict on the whole, where a payload has its reason alone. */
import type { HealthAnswer } from "../contract/health.ts";
import type { DegradedReason } from "../contract/parts.ts";
import type { Tone } from "./command.ts";

export type Verdict = HealthAnswer["status"];

export function verdictOf(reason: DegradedReason | null): Verdict {
  if (reason === null) return "healthy";
  return reason === "database_unreachable" ? "unhealthy" : "degraded";
}

export const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = { healthy: "good", degraded: "warn", unhealthy: "bad" };
