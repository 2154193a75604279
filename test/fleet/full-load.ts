/** A fleet at full load for long, from its first moment on an empty store. */
import { setTimeout } from "node:timers/promises";
import { keepInFlight, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import { watchActivity } from "../support/statements.ts";
import { onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 5_000;
const STATEMENT_MS = 5;

export interface FullLoadOptions {
  readonly size: number;
  readonly inFlight: number;
  /** From the first answer on. */
  readonly forMs: number;
}

export interface FullLoadFigures {
  readonly peakCounted: number;
  readonly peakSeen: number;
  readonly statements: number;
  readonly perSecond: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly storeAway: number;
  readonly transitions: number;
}

/** Requests are there before the instances are, and the deadline of the store is what it is by default. */
export function fullLoad({ size, inFlight, forMs }: FullLoadOptions): Promise<FullLoadFigures> {
  const env = { STATE_DEADLINE_MS: "250" };
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS, env, until: "begun" }, async (scene) => {
    const { fleet, postgres, statements } = scene;
    const watch = watchActivity(postgres);
    const load = keepInFlight(fleet, inFlight, { tag: "load", ms: STATEMENT_MS });
    await eventually("somebody is answered", () => load.answers.some(({ status }) => status === 200), 90_000);
    await setTimeout(forMs);
    const answers = await load.stop();
    await watch.stop();
    const [first, last] = [statements.all[0], statements.all.at(-1)];
    return {
      peakCounted: statements.peak(),
      peakSeen: watch.peak(),
      statements: statements.all.length,
      perSecond: statements.all.length / (((last?.at ?? 0) - (first?.at ?? 0)) / 1_000),
      answers: tally(answers),
      storeAway: fleet.lines("store.away").length,
      transitions: ["breaker.open", "breaker.half_open"].flatMap((event) => fleet.lines(event)).length,
    };
  });
}
