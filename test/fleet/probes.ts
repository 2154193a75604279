/** Probes whose instance dies before they end. */
import { setTimeout } from "node:timers/promises";
import type { Fleet } from "../support/fleet.ts";
import { keepInFlight } from "../support/load.ts";
import type { PostgresServer } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { lifetimeMs, momentOf, onScene } from "./scene.ts";

const BREAKER = {
  CIRCUIT_BREAKER_WINDOW_SECONDS: "10",
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
  CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: "2",
} as const;

/** The database is dead until the breaker is open. */
async function breakOpen(fleet: Fleet, postgres: PostgresServer): Promise<void> {
  await postgres.kill();
  const load = keepInFlight(fleet, 2 * fleet.size, { tag: "broken", ms: 10 });
  await eventually("the breaker opens", () => fleet.lines("breaker.open").length > 0);
  await load.stop();
  await postgres.start();
}

const closing = (fleet: Fleet, since: number) =>
  fleet
    .lines("breaker.closed")
    .map(momentOf)
    .find((at) => at >= since);

export interface LostProbeFigures {
  /** From the beginning of the probe that was lost to the beginning of the next. */
  readonly replacedAfterMs: number;
  readonly lifetimeMs: number;
  readonly peakProbes: number;
  readonly closedAfterMs: number;
}

export function lostProbe(size: number): Promise<LostProbeFigures> {
  const callTimeoutMs = 1_500;
  const env = { ...BREAKER, CIRCUIT_BREAKER_HALF_OPEN_PROBES: "1" };
  return onScene({ size, callTimeoutMs, env }, async ({ fleet, postgres, statements }) => {
    await breakOpen(fleet, postgres);
    const victim = size - 1;
    const others = Array.from({ length: victim }, (_, instance) => instance);
    const probing = keepInFlight(fleet, 1, { tag: "lost", ms: callTimeoutMs - 100, instances: [victim] });
    const lost = await eventually("the probe runs", () => statements.tagged("lost")[0], 30_000);
    await fleet.kill(victim);
    await probing.stop();
    const load = keepInFlight(fleet, 2 * others.length, { tag: "next", ms: 30, instances: others });
    const next = await eventually("another probe runs", () => statements.tagged("next")[0], 30_000);
    const closedAt = await eventually("it closes", () => closing(fleet, lost.at), 30_000);
    await load.stop();
    return {
      replacedAfterMs: next.at - lost.at,
      lifetimeMs: lifetimeMs(callTimeoutMs),
      peakProbes: statements.peak(lost.at, closedAt),
      closedAfterMs: closedAt - lost.at,
    };
  });
}

export interface ShortLivesFigures {
  readonly lives: number;
  readonly probesLost: number;
  readonly peakProbes: number;
  readonly closedAfterMs: number;
  readonly answeredAfterwards: number;
}

/** Each instance lives for five seconds and is then killed; statements take three. */
export function shortLives(size: number): Promise<ShortLivesFigures> {
  const [callTimeoutMs, statementMs, lifeMs] = [4_000, 3_000, 5_000];
  // Room beside what the dead hold for their lifetime: a line longer than a life would answer nobody.
  const env = { ...BREAKER, CIRCUIT_BREAKER_HALF_OPEN_PROBES: "2", DB_MAX_CONCURRENT: String(4 * size) };
  return onScene({ size, callTimeoutMs, env }, async ({ fleet, postgres, statements }) => {
    await breakOpen(fleet, postgres);
    const backAt = Date.now();
    let [over, lives] = [false, 0];
    const lifeOf = async (instance: number) => {
      // In turn, not together.
      await setTimeout((lifeMs * instance) / size);
      while (!over) {
        await fleet.kill(instance);
        await fleet.start(instance);
        lives += 1;
        await setTimeout(lifeMs);
      }
    };
    const living = Promise.all(Array.from({ length: size }, (_, instance) => lifeOf(instance)));
    const load = keepInFlight(fleet, size, { tag: "long", ms: statementMs });
    const closedAt = await eventually("it closes", () => closing(fleet, backAt), 120_000);
    const probes = statements.tagged("long").filter(({ at }) => at >= backAt && at < closedAt).length;
    const succeeded = () => load.answers.filter(({ status }) => status === 200).length;
    const atClosing = succeeded();
    await eventually("calls are answered again", () => succeeded() >= atClosing + 10, 60_000);
    over = true;
    await living;
    const answers = await load.stop();
    return {
      lives,
      probesLost: probes - Number(BREAKER.CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE),
      peakProbes: statements.peak(backAt, closedAt),
      closedAfterMs: closedAt - backAt,
      answeredAfterwards: answers.filter(({ status }) => status === 200).length - atClosing,
    };
  });
}
