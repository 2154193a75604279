/**
 * How each entry of the gate lies in Redis and each part of a renewal on its way there: an array, its places in this
 * order. What is stored is packed by cmsgpack; a later release adds to it at the end only, and what this one does not
 * know stays in the array and is kept.
 *
 * Entries are arrays in Lua too, since giving each a table of names and taking it apart again cost as much as
 * everything else together. The source names the places all the same: `npm run generate` turns `core.clock` into
 * `core[3]`, by what the variable is called.
 */
import { TRANSITION_CAUSES } from "../../../gate/events.ts";
import { BREAKER_STATES, LANES, TALLIES } from "../../../gate/types.ts";

/** The sorted sets beside the hash, in the order of their keys behind the hash's. */
export const RANKINGS: readonly string[] = [
  "due",
  "present",
  "hungry:request",
  "hungry:slow",
  "rich:request",
  "rich:slow",
  "idle",
];

interface Place {
  /** From 1. */
  readonly at: number;
  readonly size: number;
}
export type Places = ReadonlyMap<string, Place>;

/** `waiting*3`: a number for each lane, read as `core.waiting[lane]`. */
const places = (text: string): Places => {
  const found = new Map<string, Place>();
  let at = 1;
  for (const word of text.trim().split(/\s+/)) {
    const [name = "", size = "1"] = word.split("*");
    found.set(name, { at, size: Number(size) });
    at += Number(size);
  }
  return found;
};

/** The last line of each is the script's own: where something is due at the earliest, what is counted or known already. */
const session = places(`opened n heard presentUntil active due generation roundTripMs leaseMs
  permits*3 probes*3 owed*3 need*3 waiting*3 hungrySince*3 got*3 woken*3 until*3 probesUntil*3
  rank rankedAt`);

export type RecordName =
  | "core"
  | "totals"
  | "session"
  | "other"
  | "second"
  | "override"
  | "about"
  | "renewal"
  | "config"
  | "asked"
  | "vote"
  | "opening"
  | "brought"
  | "command"
  | "reply"
  | "unknown"
  | "grant"
  | "operated"
  | "unchanged"
  | "view"
  | "viewedBreaker"
  | "viewedLane"
  | "votes"
  | "transition"
  | "overridden"
  | "would_open"
  | "begun";

/** By the name of the variable that holds one. */
export const RECORDS: Readonly<Record<RecordName, Places>> = {
  core: places(`schema life clock generation overrideVersion state since openUntil slowOpened recoveredAt
    failedRecoveries failedProbes successes probeMs goodPings goodPingAt pingsEndedAt pingsTrusted
    lastCallAt lastSuccessAt lastFailureAt runFailures runSince
    windowStart baseCalls baseFailures baseSlow windowFrom calls failures slow
    override observedUntil operated adoptedVersion permits*3 owed*3 running*3 waiting*3 fullSince*3
    probes active openings
    due keptUntil moves sizes*7 retryAt`),
  totals: places(`calls*9 refused*24 transitions*3 renewals ranMs*3 waitedMs*3
    causes*${TRANSITION_CAUSES.length * BREAKER_STATES.length} tallies*${TALLIES.length}`),
  session,
  /** A session that is not the sender's. */
  other: session,
  second: places("at calls failures slow refused running waiting"),
  override: places("mode until actor reason"),
  about: places("runtime region version startedAt"),
  /** What is seldom there comes last, and is left out where it is not. */
  renewal: places(`session n agoMs life leaves jitter roundTripMs config refused lanes sums votes
    pings open opening commands`),
  config: places(`mode capacity*3 deadlineMs*3 connectTimeoutMs windowSeconds windowCalls failureThreshold
    failureRate slowRate recoveryMs backoffFactor backoffMaxMs backoffJitter probes successesToClose expectedInstances renewalsPerSecond
    sessionsKept pushes keptMs`),
  asked: places("keep probes need want waiting waitedMs owed ended"),
  vote: places("generation probe calls failures slow ignored retryAfterMs"),
  opening: places("generation overrideVersion override about"),
  brought: places("mode remainingMs actor reason"),
  command: places("kind opId mode ttlMs expectedVersion actor reason"),
  reply: places(`known life generation overrideVersion state retryAfterMs probeMs leaseMs renewWithinMs
    instances rank lanes events push replies ruling`),
  unknown: places("known life events push"),
  grant: places("lane permits allow probes crowded waiting"),
  operated: places("kind overrideVersion"),
  unchanged: places("kind overrideVersion reason"),
  view: places(`kind at breaker window override overrideVersion lanes totals seconds transitions n rank instances`),
  viewedBreaker: places("state since openUntil openMs probes successes failedRecoveries lastFailureAt"),
  viewedLane: places("capacity held running waiting fullSince"),
  votes: places("calls failures slow"),
  transition: places("kind at from to cause generation"),
  overridden: places("kind at mode until actor reason"),
  would_open: places("kind at cause"),
  begun: places("kind at life"),
};
/** A record as the array that Lua sees; what is null there is false. */
export function toRow(record: RecordName, from: object): unknown[] {
  return [...RECORDS[record]].flatMap(([name, { size }]) => {
    const value = (from as Record<string, unknown>)[name] ?? false;
    return size === 1 ? [value] : LANES.map((lane) => (value as Record<string, unknown>)[lane]);
  });
}

/** And back; in threes they are of lanes. */
export function fromRow(record: RecordName, row: readonly unknown[]): Record<string, unknown> {
  const byLane = (parts: readonly unknown[]) => Object.fromEntries(LANES.map((lane, n) => [lane, parts[n]]));
  return Object.fromEntries(
    [...RECORDS[record]].map(([name, { at, size }]) => {
      const parts = row.slice(at - 1, at - 1 + size);
      return [name, size === 1 ? parts[0] : size === 3 ? byLane(parts) : parts];
    }),
  );
}

/** The numbers in something, in its order; and something of the same form with other numbers. */
export const numbersIn = (part: object | number): number[] =>
  typeof part === "number" ? [part] : Object.values(part).flatMap(numbersIn);
export function withNumbers<Form extends object>(form: Form, numbers: Iterator<unknown>): Form {
  const fill = (part: object | number): unknown =>
    typeof part === "number" ? numbers.next().value : withNumbers(part, numbers);
  return Object.fromEntries(Object.entries(form).map(([name, part]) => [name, fill(part)])) as Form;
}
