/** What comes out of the gate's script: arrays without names, null and booleans, so that every transport carries them. */
import type { GateEvent } from "../../../gate/events.ts";
import type { CommandReply, GateView, LaneGrant, LaneView, PushMessage, RenewalReply } from "../../../gate/renewal.ts";
import { noTotals, type Second, type Totals } from "../../../gate/state.ts";
import type { Step } from "../../../gate/step.ts";
import { untouched } from "../../../gate/turn.ts";
import { type About, BREAKER_STATES, type BreakerState, LANES, type Lane, type Override } from "../../../gate/types.ts";
import { event, second } from "../../saved-gate.ts";
import { fromRow, type RecordName, withNumbers } from "./records.ts";
import { fromText } from "./text.ts";

type Row = readonly unknown[];
type Rows = readonly Row[];
type Ruling = NonNullable<GateView["override"]>;

const perLane = <Value>(value: (at: number) => Value): Record<Lane, Value> =>
  Object.fromEntries(LANES.map((lane, at) => [lane, value(at)])) as Record<Lane, Value>;

/**
 * What the script answers, by the places of `records`.
 *
 * @param n Of the renewal that is answered.
 */
export function decodeStep(answer: unknown, n: number): Step {
  const parts = fromRow((answer as Row)[0] === 1 ? "reply" : "unknown", answer as Row);
  const { known, life, events, push, replies } = parts as { known: number; life: number } & Record<string, Rows>;
  const told = (replies ?? []).map(decodeCommandReply);
  return {
    reply: known === 1 ? decodeReply(parts, n, told) : { known: false, n, life },
    events: (events ?? []).map(decodeEvent),
    push: decodePush((push ?? []) as never as string[]),
    touched: untouched(),
    keptUntil: 0,
  };
}

const decodePush = (flat: readonly string[]): Step["push"] =>
  flat.flatMap((session, at) =>
    at % 2 === 0 ? [{ session: session === "" ? null : session, message: flat[at + 1] as PushMessage }] : [],
  );

const stateOf = (number: unknown): BreakerState => BREAKER_STATES[(number as number) - 1] as BreakerState;

function decodeReply(parts: Record<string, unknown>, n: number, replies: readonly CommandReply[]): RenewalReply {
  const { life, generation, overrideVersion, retryAfterMs, probeMs, leaseMs, renewWithinMs, rank } = parts;
  // What is open by an order is told by a number of its own.
  const forced = parts.state === 0;
  const state = forced ? "open" : stateOf(parts.state);
  const refusal = forced ? "forced" : state === "open" ? "open" : state === "half_open" ? "probing" : null;
  const { until: _, ...override } = decodeRuling((parts.ruling ?? []) as Row) ?? {};
  return {
    known: true,
    n,
    life,
    generation,
    overrideVersion,
    leaseMs,
    renewWithinMs,
    replies,
    breaker: { state, refusal, retryAfterMs, probeMs },
    override: parts.ruling ? override : null,
    lanes: decodeLanes(parts.lanes as number[]),
    fleet: { n: parts.instances, rank },
  } as RenewalReply;
}

/** Those that are not there have nothing. */
function decodeLanes(flat: readonly number[]): Record<Lane, LaneGrant> {
  const rows = Array.from({ length: flat.length / 6 }, (_, at) => flat.slice(at * 6, at * 6 + 6));
  return perLane((at) => {
    const row = rows.find(([lane]) => lane === at + 1) ?? [0, 0, 0, 0, 0, 0];
    const { lane: _, crowded, ...grant } = fromRow("grant", row);
    return { ...grant, crowded: crowded === 1 } as LaneGrant;
  });
}

function decodeCommandReply(row: Row): CommandReply {
  const kind = row[0] as CommandReply["kind"];
  if (kind === "view") return decodeView(fromRow("view", row));
  if (kind === "operated" || kind === "unchanged") return fromRow(kind, row) as CommandReply;
  throw new Error(`gate script: its reply must be one of this release, was ${String(kind)}; is another one running?`);
}

function decodeView(parts: Record<string, unknown>): GateView {
  const { breaker, window, override, lanes, totals, seconds, transitions, instances } = parts as Record<string, Rows>;
  const shown = fromRow("viewedBreaker", breaker as Row);
  return {
    ...parts,
    breaker: { ...shown, state: stateOf(shown.state) },
    window: fromRow("votes", window as Row),
    override: decodeRuling(override as Row),
    lanes: perLane((at) => fromRow("viewedLane", lanes?.[at] as Row) as never as LaneView),
    totals: decodeTotals(totals as Row),
    seconds: seconds?.map(decodeSecond).filter(second),
    transitions: transitions?.flatMap(readEvents),
    instances: instances?.map(([session, heard, about]) => ({ session, about: decodeAbout(about as Row), heard })),
  } as never as GateView;
}

/** What is none any more, or of a newer release, is left out: it is for display alone. */
function readEvents(row: Row): GateEvent[] {
  try {
    const read = decodeEvent(row);
    return event(read) ? [read] : [];
  } catch {
    return [];
  }
}

/** A record whose texts travelled as {@link fromText} knows them. */
const saidIn = <Value>(record: RecordName, row: Row, ...texts: readonly string[]): Value =>
  Object.fromEntries(
    Object.entries(fromRow(record, row)).map(([name, part]) => [
      name,
      texts.includes(name) ? fromText(part as string) : part,
    ]),
  ) as Value;

export const decodeSecond = (row: Row): Second => fromRow("second", row) as never as Second;
export const decodeAbout = (row: Row): About => saidIn("about", row, "runtime", "region", "version");
export const decodeOverride = (row: Row): Override => saidIn("override", row, "actor", "reason");

/** With what is left of it before it; nothing where none is in force. */
const decodeRuling = ([remainingMs, ...row]: Row): Ruling | null =>
  remainingMs === undefined ? null : { ...decodeOverride(row), remainingMs: remainingMs as number };

export const decodeTotals = (row: Row): Totals => withNumbers(noTotals(), row.values());

export function decodeEvent(row: Row): GateEvent {
  const kind = row[0] as GateEvent["kind"];
  if (kind === "life") return fromRow("begun", row) as GateEvent;
  if (kind === "would_open") return fromRow(kind, row) as GateEvent;
  if (kind === "override") return saidIn("overridden", row, "actor", "reason");
  const { from, to, ...event } = fromRow("transition", row);
  return { ...event, from: stateOf(from), to: stateOf(to) } as GateEvent;
}
