/** What a watchdog goes by: the fleet's health, and since when the gate has been full. */
import type { Config } from "../config/types.ts";
import type { Guard } from "../guard/guard.ts";
import type { Sight } from "../recovery/watchdog.ts";
import type { Health } from "./health.ts";
import { stuckAfterMs } from "./status.ts";

/**
 * @returns What is recommended to the whole fleet. The payload may be some seconds old: what it is based on is asked for
 * anew, and where that has ended meanwhile, there is no evidence.
 */
export function evidenceOf(health: Health, guard: Guard, config: Config): () => Promise<Sight> {
  return async () => {
    const { report } = await health.read();
    // Another version's may lack it.
    const recommendation = report.health.resilience?.recovery_recommendation;
    if (!recommendation) throw new Error("look at the fleet: its health payload says nothing of a recommendation");
    if (recommendation.level !== "recover") return { recommendation, evidence: null };
    const { fullSince } = (await guard.view()).lanes.request;
    return { recommendation, evidence: fullSince === 0 ? null : { since: fullSince, forMs: stuckAfterMs(config) } };
  };
}
