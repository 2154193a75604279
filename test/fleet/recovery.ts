/** The database is away for minutes and comes back: how long the fleet takes to notice, and whom that costs something. */
import { setTimeout } from "node:timers/promises";
import type { Fleet } from "../support/fleet.ts";
import { keepInFlight, type Load, offer } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import { momentOf, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 1_000;
const PER_SECOND = 50;
const MONITOR_MS = 1_000;

/** Who comes while the breaker is open: people, only monitors that ask for the health, or nobody at all. */
export type Visitors = "people" | "monitors" | "nobody";

export interface RecoveryOptions {
  readonly size: number;
  readonly awayMs: number;
  readonly visitors: Visitors;
}

export interface RecoveryFigures {
  readonly awayMs: number;
  readonly closedAfterMs: number;
  /** Calls that were tried and failed after the database was back. */
  readonly failedAfterwards: number;
  readonly answeredAfterwards: number;
  readonly storeAway: number;
}

/** The rules of a deployment, all by default: in testing nothing is memoized. */
export function recovery({ size, awayMs, visitors }: RecoveryOptions): Promise<RecoveryFigures> {
  const env = { APP_ENV: "development" };
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS, env }, async ({ fleet, postgres }) => {
    const before = keepInFlight(fleet, 2 * size, { tag: "before", ms: 10 });
    await setTimeout(1_000);
    await postgres.kill();
    await eventually("the breaker opens", () => fleet.lines("breaker.open").length > 0, 30_000);
    await before.stop();
    const load = visitorsOf(fleet, visitors);
    await setTimeout(awayMs);
    await postgres.start();
    const backAt = Date.now();
    // Nobody is asked for that: a question would be a visitor.
    const closed = await eventually(
      "it closes",
      () => fleet.lines("breaker.closed").find((line) => momentOf(line) >= backAt),
      400_000,
    );
    await setTimeout(1_000);
    const answers = (await load.stop()).filter(({ askedAt }) => askedAt >= backAt);
    return {
      awayMs,
      closedAfterMs: momentOf(closed) - backAt,
      failedAfterwards: answers.filter(({ status, code }) => status !== 200 && code !== "CIRCUIT_BREAKER_OPEN").length,
      answeredAfterwards: answers.filter(({ status }) => status === 200).length,
      storeAway: fleet.lines("store.away").length,
    };
  });
}

function visitorsOf(fleet: Fleet, visitors: Visitors): Load {
  if (visitors === "people") return offer(fleet, PER_SECOND, { tag: "people", ms: 5 });
  const look = () => {
    for (let instance = 0; instance < fleet.size; instance += 1) fetch(`${fleet.url(instance)}/health`).catch(() => {});
  };
  const monitors = visitors === "monitors" ? setInterval(look, MONITOR_MS) : undefined;
  return {
    answers: [],
    stop: async () => {
      clearInterval(monitors);
      return [];
    },
  };
}
