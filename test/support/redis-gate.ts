/** The gate of a Redis as a snapshot, with a look at whether its indexes tell the same as its entries. */
import type { Core, GateSnapshot, Override, Permit, Session, Ticket, Window } from "../../lib/gate/state.ts";
import { fromText } from "../../lib/store/lua/gate/text.ts";
import { decodeAbout, decodeEvent, decodeSecond, gateKeys } from "../../lib/store/lua/gate/wire.ts";
import type { Script, ScriptRunner } from "../../lib/store/lua/script.ts";

/** Field and value in turn, as JSON, then the sorted sets in the order of the keys, then what each key has left. */
const DUMP: Script = {
  what: "look at a gate",
  text: `
local fields, sets, lives = {}, {}, {}
local all = redis.call("HGETALL", KEYS[1])
for at = 1, #all, 2 do fields[#fields + 1] = { all[at], cjson.encode(cmsgpack.unpack(all[at + 1])) } end
for at = 2, #KEYS do sets[#sets + 1] = redis.call("ZRANGE", KEYS[at], 0, -1, "WITHSCORES") end
for at = 1, #KEYS do lives[at] = redis.call("PTTL", KEYS[at]) end
return { fields, sets, lives }`,
};

// biome-ignore lint/suspicious/noExplicitAny: arrays as the script lays them out
type Row = any[];

export interface StoredGate {
  readonly saved: GateSnapshot;
  /** What is wrong with the indexes and the expiries. */
  readonly faults: readonly string[];
}

/** @param key As {@link gateKeys} takes it. Entries come sorted by their names. */
export async function storedGate(runner: ScriptRunner, key: string): Promise<StoredGate> {
  const keys = gateKeys(key);
  const dump = (await runner.run(DUMP, keys, [])) as [[string, string][], string[][], number[]];
  const [fields, sets, lives] = dump;
  const rows = new Map(fields.map(([field, text]) => [field, JSON.parse(text) as Row]));
  const byPart = (part: string) =>
    [...rows]
      .filter(([field]) => field.startsWith(part) && !["history", "opIds"].includes(field))
      .map(([field, row]) => [field.slice(1), row] as [string, Row])
      .sort(([one], [other]) => (one < other ? -1 : 1));
  const abouts = new Map(byPart("a").map(([id, row]) => [id, decodeAbout(row as [string, string, string, number])]));
  const permits = byPart("p").map(([id, row]) => [id, permitOf(row)] as const);
  const tickets = byPart("t").map(([id, row]) => [id, ticketOf(row)] as const);
  const sessions = byPart("i").map(([id, row]) => [id, sessionOf(row, abouts.get(id))] as const);
  const core = rows.get("c");
  const saved: GateSnapshot = {
    core: core ? coreOf(core, listOf(rows.get("opIds"))) : null,
    seconds: byPart("w")
      .map(([, row]) => decodeSecond(row))
      .sort((one, other) => one.at - other.at),
    permits,
    tickets,
    sessions,
    transitions: listOf(rows.get("history")).map((row) => decodeEvent(row as unknown[])),
  };

  const line = (lane: string) =>
    tickets.filter(([, ticket]) => ticket.lane === lane).map(([id, { arrival }]) => [id, arrival] as const);
  const expected = [
    permits.map(([id, { expiresAt }]) => [id, expiresAt] as const),
    line("request"),
    line("slow"),
    tickets.map(([id, { goneAt }]) => [id, goneAt] as const),
    sessions.map(([id, { heard }]) => [id, heard] as const),
    sessions.map(([id, { opened }]) => [id, opened] as const),
  ];
  const faults = expected.flatMap((pairs, at) => {
    const [found, needed] = [setOf(sets[at] ?? []), listed(pairs)];
    return found === needed ? [] : [`${keys[at + 1]} must be ${needed}, was ${found}`];
  });
  const waiting = core?.slice(26, 29);
  if (core && waiting?.join() !== `${line("request").length},${line("slow").length},0`)
    faults.push(`waiting was ${waiting}`);
  if (abouts.size !== sessions.length) faults.push(`${abouts.size} abouts of ${sessions.length} sessions`);
  for (const [at, ms] of lives.entries()) if (ms === -1) faults.push(`${keys[at]} has no expiry`);
  return { saved, faults };
}

const listed = (pairs: readonly (readonly [string, number])[]) =>
  [...pairs]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.join("="))
    .join(" ");
const setOf = (flat: readonly string[]) =>
  listed(flat.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(flat[at + 1])] as const] : [])));

/** An empty list comes out of cjson as an object. */
const listOf = (row: Row | undefined): unknown[] => (Array.isArray(row) ? row : []);

const laneOf = (number: number) => (["request", "slow", "health"] as const)[number - 1] as Permit["lane"];

function permitOf([session, lane, generation, grantedAt, expiresAt, deadlineMs, probe, adopted]: Row): Permit {
  return { session, lane: laneOf(lane), generation, grantedAt, expiresAt, deadlineMs, probe, adopted };
}
function ticketOf([session, lane, arrival, deadlineMs, goneAt]: Row): Ticket {
  return { session, lane: laneOf(lane) as Ticket["lane"], arrival, deadlineMs, goneAt };
}
function sessionOf([opened, doneBelow, heard, permits, named]: Row, about: Session["about"] | undefined): Session {
  return { opened, doneBelow, heard, permits, named, about: about ?? decodeAbout(["=?", "=?", "=?", 0]) };
}
function windowOf([start, calls, failures, slow, from, ...sums]: Row): Window {
  const base = { calls, failures, slow };
  return { start, base, from, calls: sums[0], failures: sums[1], slow: sums[2] };
}
function overrideOf([mode, until, actor, reason]: Row): Override {
  return { mode, until, actor: fromText(actor), reason: fromText(reason) };
}

function coreOf(row: Row, opIds: unknown[]): Core {
  const [schema, , , life, clock, adoptingUntil, generation, overrideVersion, ...breaker] = row;
  const [state, since, openUntil, recoveredAt, failedRecoveries, failedProbes, successes, probes, ...more] = breaker;
  const [runFailures, runSince, lastFailureAt, override, observedUntil, operated, ...last] = more;
  const [adoptedGeneration, adoptedOverrideVersion, arrivals, openings, ...byLane] = last;
  const [held, heldMs, window, full] = [byLane.slice(3, 6), byLane.slice(6, 9), byLane.slice(9, 17), byLane.slice(17)];
  const numbers = { life, clock, adoptingUntil, generation, overrideVersion, state, since, openUntil, recoveredAt };
  const counts = { failedRecoveries, failedProbes, successes, runFailures, runSince, lastFailureAt, observedUntil };
  return {
    schema,
    ...numbers,
    ...counts,
    probes: listOf(probes) as string[],
    window: windowOf(window),
    override: override ? overrideOf(override) : null,
    opIds: (opIds as string[]).map(fromText),
    operated,
    adoptedGeneration,
    adoptedOverrideVersion,
    held: { request: held[0], slow: held[1], health: held[2] },
    heldMs: { request: heldMs[0], slow: heldMs[1] },
    fullSince: { request: full[0], slow: full[1], health: full[2] },
    arrivals,
    openings,
  };
}
