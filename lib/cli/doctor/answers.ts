/** How fast a store answers, by its clock, which every message of the application reads; and what is said where it does not. */
import type { Config } from "../../config.ts";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { clockCheck, type Reading, readClock } from "./clock.ts";

const READINGS = 5;
export const LONGEST_ANSWER_MS = 5_000;
/** As the stores themselves have it, where STATE_DEADLINE_MS is not set. */
const DEADLINES_MS = { redis: 250, upstash: 1_000 };

export const answered = <Value>(task: Promise<Value>, runtime: Runtime, given: () => void = () => {}): Promise<Value> =>
  withDeadline(task, {
    ms: LONGEST_ANSWER_MS,
    runtime,
    refuse: () => {
      given();
      return new Error(`no answer within ${LONGEST_ANSWER_MS / 1_000} s`);
    },
  });

export function unreachable(address: string, error: unknown): Check {
  const found = error instanceof Error ? error.message : String(error);
  return fail("store", `${address}: ${found}`, "check STATE_URL (and STATE_TOKEN), and that it lets this machine in");
}

/** @param time Asks for seconds and microseconds. */
export async function answerChecks(
  kind: keyof typeof DEADLINES_MS,
  time: () => Promise<readonly string[]>,
  config: Config,
  runtime: Runtime,
): Promise<Check[]> {
  const tell = async () => {
    const [seconds, microseconds] = await time();
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  };
  // The first one pays for what is opened.
  await tell();
  const readings: Reading[] = [];
  while (readings.length < READINGS) readings.push(await readClock(tell, runtime));
  return [
    latency(readings, config, config.store.deadlineMs ?? DEADLINES_MS[kind]),
    clockCheck("store clock", readings, config),
  ];
}

/** Half of the deadline is left for the message itself and a bad moment. */
function latency(readings: readonly Reading[], { store }: Config, deadlineMs: number): Check {
  const slowestMs = Math.max(...readings.map(({ tookMs }) => tookMs));
  const within = `within ${slowestMs.toFixed(1)} ms, of ${deadlineMs} ms (STATE_DEADLINE_MS)`;
  const found = `${store.address} answers ${within}`;
  if (slowestMs <= deadlineMs / 2) return ok("store", found);
  return warn("store", found, "use one that is nearer, or raise STATE_DEADLINE_MS: what is later counts as away");
}
