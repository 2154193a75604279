/** What `tidegate top` writes without a terminal: a line for each interval. */
import type { Paint } from "../command.ts";
import { type Figures, type LaneFigures, SHOWN_LANES } from "./figures.ts";
import { type Piece, textOf } from "./lines.ts";
import { next, parts, percentiles, plain, rate, rateIn, stateTone, sumOf, UNKNOWN, verdict, whole } from "./words.ts";

/** Of the lanes that wait, and of `health` nothing: its permit is one. */
const LANES = SHOWN_LANES.filter((lane) => lane !== "health");

/** The moment, the verdict, and of one gate its breaker, its lanes, its rates and its durations. */
export function plainLine(figures: Figures, paint: Paint): string {
  const { at, gate, http, instances } = figures;
  const { state } = gate.breaker;
  const then = next(gate);
  const requests = http && [`${rate(http.per_second)}/s`, percentiles(http)].filter((text) => text !== "").join(" ");
  return [
    `${at.slice(0, 19)}Z ${toned(verdict(figures), paint)}`,
    `${gate.name} ${state === null ? UNKNOWN : paint(stateTone(state), plain(state))}${then && ` (${then})`}`,
    ...LANES.map((lane) => laneText(lane, gate.lanes[lane])),
    `http ${requests ?? UNKNOWN}`,
    `instances ${whole(instances)}`,
  ].join("; ");
}

const toned = (piece: Piece, paint: Paint): string =>
  typeof piece === "string" ? piece : paint(piece[0], textOf(piece));

function laneText(lane: string, of: LaneFigures): string {
  const calls = (outcome: string) => rate(rateIn(of.calls_per_second, outcome));
  const refused = sumOf(of.refused_per_second);
  const reasons = parts(of.refused_per_second);
  return [
    `${lane} ${whole(of.running)} of ${whole(of.capacity)}, ${whole(of.waiting)} waiting`,
    `ok ${calls("success")}/s, failed ${calls("failure")}/s, refused ${rate(refused)}/s${reasons && ` (${reasons})`}`,
    ...[percentiles(of.durations)].filter((text) => text !== ""),
  ].join(", ");
}
