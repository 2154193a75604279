/** The database dies under load, is away for a while, and comes back. */
import type { Answer } from "../support/fleet.ts";
import { keepInFlight, offer } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import { proxyTo } from "../support/tcp.ts";
import { CAPACITY, momentOf, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 1_000;
/** So many that one for each instance would stand out. */
export const THRESHOLD = 40;
export const PROBES = 2;
const PER_SECOND = 100;
/** How old a run of failures has to be. */
const RUN_AGE_MS = 250;
const RAMP_STEP_MS = 250;

export interface OutageFigures {
  /** Connections that were tried between the end of the database and the first probe. */
  readonly wastedConnections: number;
  /** Calls that found out for themselves, those in flight included. */
  readonly wastedCalls: number;
  readonly allowed: number;
  /** From the opening to the last call that still tried. */
  readonly tryingAfterTripMs: number;
  /** From the opening to the last instance's first refusal. */
  readonly allFailFastAfterMs: number;
  /** The 99th percentile of how long a refusal took. */
  readonly refusalP99Ms: number;
  readonly tripAfterMs: number;
  /** The most that ran at the server before the breaker closed again. */
  readonly peakProbes: number;
  /** Statements beyond what the ramp allowed at their moment. */
  readonly beyondRamp: number;
  /** The most that ran in each quarter of a second after closing. */
  readonly ramp: readonly number[];
  /** From the database's return to the first answer. */
  readonly recoveredAfterMs: number;
  readonly instancesRefusing: number;
  readonly storeAway: number;
}

export async function outage(size: number): Promise<OutageFigures> {
  const connections: number[] = [];
  let proxy: Awaited<ReturnType<typeof proxyTo>> | undefined;
  const env = {
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: String(THRESHOLD),
    CIRCUIT_BREAKER_WINDOW_SECONDS: "10",
    CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "2",
    CIRCUIT_BREAKER_HALF_OPEN_PROBES: String(PROBES),
    CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: "4",
  };
  const through = async ({ port }: { readonly port: number }) => {
    proxy = await proxyTo(port, () => {
      connections.push(Date.now());
      return false;
    });
    return proxy.port;
  };
  const stage = { size, callTimeoutMs: CALL_TIMEOUT_MS, env, through };
  const figures = onScene(stage, async ({ fleet, postgres, statements }) => {
    const load = offer(fleet, PER_SECOND, { tag: "before", ms: 30 });
    await eventually("three seconds of load", () => load.answers.length >= 3 * PER_SECOND, 30_000);
    const killedAt = Date.now();
    await postgres.kill();
    const opened = await eventually("the breaker opens", () => fleet.lines("breaker.open")[0]);
    const tripAt = momentOf(opened);
    const halfOpenAt = momentOf(await eventually("it is half-open", () => fleet.lines("breaker.half_open")[0]));
    const answers = await load.stop();

    await postgres.start();
    const backAt = Date.now();
    const heavy = keepInFlight(fleet, 60, { tag: "after", ms: 60 });
    const closedAt = momentOf(
      await eventually(
        "it closes",
        () => fleet.lines("breaker.closed").find(({ at }) => momentOf({ event: "", at }) >= tripAt),
        60_000,
      ),
    );
    await eventually("it runs at its capacity", () => statements.peak(closedAt) === CAPACITY, 20_000);
    const after = await heavy.stop();

    const between = (from: number, until: number) => (at: number) => at >= from && at < until;
    const during = answers.filter(({ askedAt, tookMs }) => between(killedAt, halfOpenAt)(askedAt + tookMs));
    const wasted = during.filter(({ status, code }) => status !== 200 && code !== "CIRCUIT_BREAKER_OPEN");
    const refused = during.filter(({ code }) => code === "CIRCUIT_BREAKER_OPEN");
    const quarter = (index: number) => closedAt + index * RAMP_STEP_MS;
    const allowedAt = (at: number) => Math.min(CAPACITY, PROBES * 2 ** Math.floor((at - closedAt) / RAMP_STEP_MS));
    return {
      wastedConnections: connections.filter(between(killedAt, halfOpenAt)).length,
      wastedCalls: wasted.length,
      allowed: THRESHOLD + CAPACITY + (PER_SECOND * RUN_AGE_MS) / 1_000,
      tryingAfterTripMs: Math.max(0, ...wasted.map(({ askedAt }) => askedAt - tripAt)),
      allFailFastAfterMs: Math.max(...firstOfEach(refused).map(({ askedAt, tookMs }) => askedAt + tookMs - tripAt)),
      refusalP99Ms: percentile(
        refused.map(({ tookMs }) => tookMs),
        0.99,
      ),
      tripAfterMs: tripAt - killedAt,
      peakProbes: statements.peak(backAt, closedAt),
      beyondRamp: statements.all.filter(({ at, running }) => at >= closedAt && running > allowedAt(at)).length,
      ramp: [0, 1, 2, 3, 4].map((index) => statements.peak(quarter(index), quarter(index + 1))),
      recoveredAfterMs:
        Math.min(...after.filter(({ status }) => status === 200).map((one) => one.askedAt + one.tookMs)) - backAt,
      instancesRefusing: firstOfEach(refused).length,
      storeAway: fleet.lines("store.away").length,
    };
  });
  return figures.finally(() => proxy?.close());
}

/** The first answer of each instance. */
function firstOfEach(answers: readonly Answer[]): readonly Answer[] {
  const first = new Map<number, Answer>();
  for (const answer of answers) if (!first.has(answer.instance)) first.set(answer.instance, answer);
  return [...first.values()];
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
