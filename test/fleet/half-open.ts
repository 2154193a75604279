/**
 * The database is frozen under load, and thaws: what was on its way to it runs late, whoever waits for it. What is at the
 * server at once while the breaker is half-open is told apart by when it was asked for.
 */
import { setTimeout } from "node:timers/promises";
import { keepInFlight, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import type { Begun } from "../support/statements.ts";
import { momentOf, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 1_000;
const STATEMENT_MS = 60;
export const PROBES = 1;

export interface HalfOpenOptions {
  readonly size: number;
  readonly inFlight: number;
  /** How often it is frozen, and for how long each time. */
  readonly times: number;
  readonly frozenMs: number;
}

export interface HalfOpenFigures {
  /** Statements at the server at once while half-open, whatever they are. */
  readonly peakHalfOpen: number;
  /** Of those, asked for since the breaker became half-open. */
  readonly peakProbes: number;
  /** Statements that began at the server while half-open and were asked for before that. */
  readonly late: number;
  /** How late, at most: from the request to its beginning at the server. */
  readonly latestMs: number;
  readonly halfOpenPeriods: number;
  /** What was at the server at the worst moment: when each was asked for and began, since the breaker was half-open. */
  readonly worst: readonly string[];
  readonly peakClosed: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly storeAway: number;
}

interface Period {
  readonly from: number;
  readonly until: number;
}

export function frozenDatabase({ size, inFlight, times, frozenMs }: HalfOpenOptions): Promise<HalfOpenFigures> {
  const env = {
    CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
    CIRCUIT_BREAKER_WINDOW_SECONDS: "10",
    CIRCUIT_BREAKER_HALF_OPEN_PROBES: String(PROBES),
    CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: "3",
  };
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS, env }, async ({ fleet, postgres, statements }) => {
    const load = keepInFlight(fleet, inFlight, { tag: () => String(Date.now()), ms: STATEMENT_MS });
    const closings = () => fleet.lines("breaker.closed").length;
    for (let time = 0; time < times; time += 1) {
      await setTimeout(1_000);
      const before = closings();
      postgres.pause();
      await setTimeout(frozenMs);
      postgres.resume();
      await eventually("it closes", () => closings() > before, 60_000);
    }
    const answers = await load.stop();
    const periods = periodsOf(
      fleet.lines("breaker.half_open").map(momentOf),
      [...fleet.lines("breaker.closed"), ...fleet.lines("breaker.open")].map(momentOf),
    );
    const found = periods.map((period) => look(statements.all, period));
    const worst = found.toSorted((one, other) => other.atOnce.length - one.atOnce.length)[0];
    const late = found.flatMap((each) => each.late);
    return {
      peakHalfOpen: Math.max(0, ...found.map(({ atOnce }) => atOnce.length)),
      peakProbes: Math.max(0, ...found.map(({ probesAtOnce }) => probesAtOnce)),
      late: late.length,
      latestMs: Math.max(0, ...late.map((one) => one.at - Number(one.tag))),
      halfOpenPeriods: periods.length,
      worst: worst?.atOnce.map((one) => told(one, worst.period)) ?? [],
      peakClosed: statements.peak(),
      answers: tally(answers),
      storeAway: fleet.lines("store.away").length,
    };
  });
}

/** From each beginning to the next end. */
function periodsOf(beginnings: readonly number[], ends: readonly number[]): readonly Period[] {
  return beginnings.map((from) => ({ from, until: Math.min(...ends.filter((at) => at >= from)) }));
}

function look(all: readonly Begun[], period: Period) {
  const inIt = all.filter(({ at }) => at >= period.from && at < period.until);
  // Each saw how many there were: those are the ones that began last. A frozen one is as long at the server as it is frozen.
  const most = inIt.toSorted((one, other) => other.running - one.running)[0];
  const upTo = most ? all.slice(0, all.indexOf(most) + 1) : [];
  const ownLast = new Map(upTo.map((one) => [one.pid, one]));
  const atOnce = [...ownLast.values()].toSorted((one, other) => other.at - one.at).slice(0, most?.running ?? 0);
  const isProbe = ({ tag }: Begun) => Number(tag) >= period.from;
  const probesAtOnce = inIt
    .filter(isProbe)
    .map(
      (one) => inIt.filter((other) => isProbe(other) && other.at <= one.at && other.at + STATEMENT_MS > one.at).length,
    );
  return { period, atOnce, late: inIt.filter((one) => !isProbe(one)), probesAtOnce: Math.max(0, ...probesAtOnce) };
}

const told = ({ at, tag, pid, running }: Begun, { from }: Period): string =>
  `asked ${Number(tag) - from} ms, began ${Math.round(at - from)} ms (${running} then, backend ${pid})`;
