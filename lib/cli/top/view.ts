/** The screen of `tidegate top`: what is shown where, at whatever size the terminal has. */
import { bytes, counted } from "../text.ts";
import { type Figures, type LaneFigures, SHOWN_LANES } from "./figures.ts";
import { fitted, type Line, type Piece, placesOf, table, textOf, widthOfTable, wrapped } from "./lines.ts";
import {
  ago,
  forcedBy,
  happened,
  moment,
  next,
  parts,
  percentiles,
  plain,
  rate,
  rateIn,
  restarts,
  stateTone,
  sumOf,
  took,
  UNKNOWN,
  verdict,
  whole,
} from "./words.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the screen says beside the figures. */
export interface Situation {
  readonly url: string;
  readonly intervalSeconds: number;
  /** What keeps newer figures away; null: nothing. */
  readonly trouble: string | null;
  readonly isPaused: boolean;
  /** Whether keys are heard. */
  readonly hasKeys: boolean;
}

export const SMALLEST: Size = { columns: 40, rows: 10 };
/** From here on sentences have two lines. */
const ROOMY_ROWS = 24;

/** @returns As many lines as there are rows, or fewer; none is longer than the screen is wide. */
export function screenOf(figures: Figures, situation: Situation, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    const needed = `${SMALLEST.columns} x ${SMALLEST.rows} needed`;
    return [`${columns} x ${rows}: ${needed}`].slice(0, rows).map((text) => fitted([text], columns));
  }
  const fixed = [
    ...headOf(figures, situation, size),
    [],
    ...lanesOf(figures, columns),
    ...belowLanes(figures),
    [["quiet", "* of the instance that answers; all else is of the fleet"] as const],
  ];
  const room = rows - fixed.length - 2;
  const lines = [...fixed, ...(room > 0 ? [[], ...listsOf(figures, room - 1)] : [])];
  // The foot stays at the bottom, whatever there is above.
  const body = lines.slice(0, rows - 1);
  const padding = Array.from({ length: rows - 1 - body.length }, (): Line => []);
  return [...body, ...padding, footOf(situation, Object.keys(figures.gates).length)].map((line) =>
    fitted(line, columns),
  );
}

/** Where the names of lines end. */
const INDENT = 11;
const named = (name: string, ...pieces: Piece[]): Line => [["quiet", name.padEnd(INDENT)], ...pieces];

function headOf(figures: Figures, situation: Situation, { columns, rows }: Size): readonly Line[] {
  const { gate, gates, advice, over_seconds: seconds } = figures;
  const { state, since_seconds: since, window, forced } = gate.breaker;
  const left = `tidegate top  ${situation.url}  `;
  const right = `${moment(figures.at)} UTC`;
  const space = Math.max(0, columns - placesOf(left) - placesOf(right));
  const slow = window.slow_calls === null || window.slow_calls === 0 ? "" : `, ${window.slow_calls} slow`;
  const counts = `${whole(window.failures)} of ${whole(window.calls)} failed${slow}`;
  const then = next(gate);
  const isSeen = Object.keys(gates).length > 0;
  const told = advice === null ? UNKNOWN : `${advice.action}: ${advice.message}`;
  const folded = (text: string) => (text === "" ? [] : wrapped(text, columns - INDENT, rows >= ROOMY_ROWS ? 2 : 1));
  const others = Object.entries(gates).flatMap(([name, of], at): Piece[] => [
    at === 0 ? "" : "  ",
    name === gate.name ? `[${name}] ` : `${name} `,
    [stateTone(of), plain(of)],
  ]);
  return [
    [left, " ".repeat(space), right],
    named("health", verdict(figures), `; rates over ${seconds === null ? UNKNOWN : `${seconds.toFixed(1)} s`}`),
    ...folded(situation.trouble ?? "").map((text) => named("", ["bad", text])),
    ...folded(told).map((text, at) => named(at === 0 ? "advice" : "", text)),
    named(
      "breaker",
      `${gate.name} `,
      state === null
        ? ["warn", `unknown: ${isSeen ? "it is not shown any more" : "the state store does not answer"}`]
        : [stateTone(state), plain(state)],
      ...(state === null ? [] : [` for ${ago(since)}, ${counts}${then && `; ${then}`}`]),
    ),
    ...(forced ? [named("forced", ["warn", forcedBy(forced)])] : []),
    named("restarts", restarts(figures)),
    ...(Object.keys(gates).length > 1 ? [named("gates", ...others)] : []),
  ];
}

const LONG_HEADS = "lane capacity running reserved free waiting ok/s failed/s ignored/s refused/s p50* p95* p99*".split(
  " ",
);
const SHORT_HEADS = "lane cap run resv free wait ok/s fail/s ign/s ref/s p50* p95* p99*".split(" ");

/** With short heads where the long ones do not fit. */
function lanesOf({ gate: { lanes } }: Figures, columns: number): readonly Line[] {
  const rows = SHOWN_LANES.map((lane) => laneRow(lane, lanes[lane]));
  const long = table([LONG_HEADS.map((head) => ["quiet", head] as const), ...rows], 2, "figures");
  if (widthOfTable(long) <= columns) return long;
  return table([SHORT_HEADS.map((head) => ["quiet", head] as const), ...rows], 1, "figures");
}

function laneRow(lane: string, of: LaneFigures): readonly Piece[] {
  const calls = (outcome: string) => rateIn(of.calls_per_second, outcome);
  const refused = sumOf(of.refused_per_second);
  const isFull = of.capacity !== null && of.running !== null && of.capacity > 0 && of.running >= of.capacity;
  const alarming = (tone: "warn" | "bad", value: number | null): Piece =>
    value !== null && value > 0 ? [tone, rate(value)] : rate(value);
  return [
    lane,
    whole(of.capacity),
    isFull ? ["warn", whole(of.running)] : whole(of.running),
    whole(of.reserved),
    whole(of.free),
    of.waiting !== null && of.waiting > 0 ? ["warn", whole(of.waiting)] : whole(of.waiting),
    rate(calls("success")),
    alarming("bad", calls("failure")),
    rate(calls("ignored")),
    alarming("warn", refused),
    took(of.durations?.p50_seconds ?? null),
    took(of.durations?.p95_seconds ?? null),
    took(of.durations?.p99_seconds ?? null),
  ];
}

function belowLanes({ gate, http, kept }: Figures): readonly Line[] {
  const refusals = SHOWN_LANES.flatMap((lane) => {
    const reasons = parts(gate.lanes[lane].refused_per_second);
    return reasons === "" ? [] : [`${lane}: ${reasons}`];
  });
  const isKnown = gate.lanes.request.refused_per_second !== null;
  const requests = http && [`${rate(http.per_second)}/s, ${rate(http.failed_per_second)}/s of them 5xx`];
  const stored = kept.entries === null ? UNKNOWN : `${counted(kept.entries, "answer")}, ${bytes(kept.bytes ?? 0)}`;
  const answered = parts(kept.per_second);
  return [
    named("refused/s", refusals.length > 0 ? ["warn", refusals.join("; ")] : isKnown ? "none" : UNKNOWN),
    named("http*", [...(requests ?? [UNKNOWN]), percentiles(http)].filter((text) => text !== "").join("; ")),
    named("kept", `${stored}*${answered === "" ? "" : `; answers/s: ${answered}`}`),
  ];
}

/** Events and instances share what room there is: the events have half of it, and what the others leave. */
function listsOf(figures: Figures, room: number): readonly Line[] {
  const { instances, instance_list: list, events } = figures;
  if (list === null || events === null) {
    return [
      named("instances", whole(instances), ["quiet", "  which they are, and events, take an admin's token"]),
    ].slice(0, room);
  }
  const forRows = Math.max(0, room - 2);
  const seen = Math.min(list.length, Math.max(Math.floor(forRows / 2), forRows - events.length));
  const rest = forRows - seen;
  const of = seen < list.length ? `${seen} of ${list.length}` : `${list.length}`;
  const isPlaced = list.some(({ region }) => region !== undefined);
  const rows = list.slice(0, seen).map((one): readonly Piece[] => {
    const { id = UNKNOWN, runtime = UNKNOWN, version = "", region = "" } = one;
    const times = [`since ${moment(one.started_at)}`, `heard ${moment(one.last_seen_at).slice(11)}`];
    return [`${runtime} ${version}`, ...(isPlaced ? [region] : []), ...times, id];
  });
  const several = Object.keys(figures.gates).length > 1;
  const happenings = events
    .slice(0, rest)
    .map((event): Line => [["quiet", moment(event.at)], `  ${several ? `${event.gate}: ` : ""}${happened(event)}`]);
  const lines: readonly Line[] = [
    named("instances", of),
    ...table(rows, 2, "texts"),
    named("events", events.length === 0 ? "none yet" : ""),
    ...happenings,
  ];
  return lines.slice(0, room);
}

function footOf({ trouble, isPaused, hasKeys, intervalSeconds }: Situation, gates: number): Line {
  const pause = isPaused ? "p go on" : "p pause";
  const keys = hasKeys ? ["q leave", pause, ...(gates > 1 ? ["n next gate"] : [])].join("  ") : "Ctrl-C leaves";
  const state: Piece = isPaused
    ? ["warn", "paused"]
    : trouble !== null
      ? ["bad", "away"]
      : `every ${intervalSeconds} s`;
  return [["quiet", keys], "  ", state];
}

/** For tests and pipes: without tones. */
export const textsOf = (lines: readonly Line[]): readonly string[] => lines.map((line) => line.map(textOf).join(""));
