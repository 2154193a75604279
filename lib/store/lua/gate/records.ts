/**
 * How each entry of the gate lies in Redis: an array packed by cmsgpack, its places in this order. A later release adds
 * at the end only; what this one does not know stays in the array and is kept.
 *
 * Entries are arrays in Lua too, since giving each a table of names and taking it apart again cost as much as
 * everything else together. The source names the places all the same: {@link withPlaces} turns `permit.expiresAt` into
 * `permit[5]`, by what the variable is called.
 */
import type { Lane } from "../../../gate/types.ts";

export const SCHEMA = 1;

/** `waiting*3`: a number for each lane, read as `core.waiting[lane]`. */
const places = (text: string): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  let next = 1;
  for (const word of text.trim().split(/\s+/)) {
    const [name = "", size = "1"] = word.split("*");
    found.set(name, next);
    next += Number(size);
  }
  return found;
};

const permit = places("session lane generation grantedAt expiresAt deadlineMs probe adopted");
const ticket = places("session lane arrival deadlineMs goneAt");
const instance = places("opened doneBelow heard permits named");
const second = places("at calls failures slow refused permits waiting");

/** By the name of the variable that holds one. */
const RECORDS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  core: places(`schema due keptUntil life clock adoptingUntil generation overrideVersion
    state since openUntil recoveredAt failedRecoveries failedProbes successes probes
    runFailures runSince lastFailureAt override observedUntil operated
    adoptedGeneration adoptedOverrideVersion arrivals openings
    waiting*3 held*3 heldMs*3
    windowStart baseCalls baseFailures baseSlow windowFrom calls failures slow
    fullSince*3`),
  override: places("mode ending actor reason"),
  permit,
  ticket,
  // A session: this batch's own, or any.
  own: instance,
  instance,
  about: places("runtime region version startedAt"),
  // Of the window's ring.
  second,
  /** As the batch brings it; see `encodeRules`. */
  config: places(`enabled capacity*3 maxWaiting windowSeconds windowCalls failureThreshold failureRate slowRate
    recoveryMs probes successesToClose connectTimeoutMs fullRetryAfterMs wakes adoptingMs sessionsKept`),
};

/** Lanes, as entries and batches name them; in the source by their names in capitals. */
export const LANE_NUMBERS: Readonly<Record<Lane, number>> = { request: 1, slow: 2, health: 3 };

const LANE = /\b(REQUEST|SLOW|HEALTH)\b/g;
const NAMED = /\b(\w+)\.(\w+)(\[(\w+)\])?/g;
/** What has names in Lua: its libraries and the script's own tables. */
const TABLES = new Set("redis cjson cmsgpack string math table gate entries changed".split(" "));

/**
 * @throws Error where a record has no such place, or a variable is not called after what it holds: when the script is
 *   put together, not when it runs.
 * @example
 * ```ts
 * withPlaces("ticket.goneAt = now"); // "ticket[5] = now"
 * withPlaces("core.waiting[lane] = 0"); // "core[26+lane] = 0"
 * ```
 */
export function withPlaces(source: string): string {
  const numbered = source.replace(LANE, (name) => String(LANE_NUMBERS[name.toLowerCase() as Lane]));
  return numbered.replace(NAMED, (text, record: string, name: string, _, lane?: string) => {
    if (TABLES.has(record)) return text;
    const place = RECORDS[record]?.get(name);
    if (place === undefined) throw new Error(`gate script: a place of a record was needed, was ${text}; see records`);
    return `${record}[${lane === undefined ? place : `${place - 1}+${lane}`}]`;
  });
}
