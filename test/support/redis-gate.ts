/** The gate of a Redis as a snapshot, with a look at whether its rankings tell the same as its entries. */
import { isHungry, MOMENTS, MOST_IN_SCORE } from "../../lib/gate/sessions.ts";
import type { GateSnapshot } from "../../lib/gate/snapshot.ts";
import { type Core, noTotals, type Session } from "../../lib/gate/state.ts";
import { BREAKER_STATES, LANES, type QueuedLane } from "../../lib/gate/types.ts";
import {
  decodeAbout,
  decodeEvent,
  decodeOverride,
  decodeSecond,
  decodeTotals,
} from "../../lib/store/lua/gate/answer.ts";
import { fromRow, RANKINGS } from "../../lib/store/lua/gate/records.ts";
import { fromText } from "../../lib/store/lua/gate/text.ts";
import { gateKeys } from "../../lib/store/lua/gate/wire.ts";
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

type Row = readonly unknown[];
type Pair = readonly [name: string, score: number];

export interface StoredGate {
  readonly saved: GateSnapshot;
  /** What is wrong with the rankings and the expiries. */
  readonly faults: readonly string[];
}

/** @param key As {@link gateKeys} takes it. Entries come sorted by their names. */
export async function storedGate(runner: ScriptRunner, key: string): Promise<StoredGate> {
  const keys = gateKeys(key);
  const dump = (await runner.run(DUMP, keys, [])) as [[string, string][], string[][], number[]];
  const [fields, sets, lives] = dump;
  const rows = new Map(fields.map(([field, text]) => [field, JSON.parse(text) as Row]));
  const byPart = (letter: string) =>
    [...rows]
      .filter(([field]) => field.startsWith(letter))
      .map(([field, row]) => [field.slice(1), row] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  const abouts = new Map(byPart("a").map(([id, row]) => [id, decodeAbout(row)]));
  const sessions = byPart("s").map(([id, row]) => [id, sessionOf(row, abouts.get(id))] as const);
  const row = rows.get("core");
  const saved: GateSnapshot = {
    core: row ? coreOf(row, listOf(rows.get("opIds"))) : null,
    seconds: byPart("w")
      .map(([, second]) => decodeSecond(second))
      .sort((one, other) => one.at - other.at),
    sessions,
    transitions: listOf(rows.get("history")).map((event) => decodeEvent(event as unknown[])),
    totals: row ? decodeTotals(rows.get("totals") as number[]) : noTotals(),
  };
  const faults = row ? rankingFaults(fromRow("core", row), saved, sets.map(setOf)) : [];
  if (abouts.size !== sessions.length) faults.push(`${abouts.size} abouts of ${sessions.length} sessions`);
  for (const [at, ms] of lives.entries()) if (ms === -1) faults.push(`${keys[at]} has no expiry`);
  return { saved, faults };
}

/** What each ranking has to hold, how many it is said to hold, and that nothing is due before it is expected. */
function rankingFaults(row: Record<string, unknown>, { core, sessions }: GateSnapshot, found: readonly Pair[][]) {
  const scored = (score: (session: Session) => number | null): Pair[] =>
    sessions.flatMap(([id, session]) => {
      const value = score(session);
      return value === null ? [] : [[id, value] as const];
    });
  const hungry = (lane: QueuedLane) =>
    scored((session) => {
      const { permits, hungrySince } = session.lanes[lane];
      if (!isHungry(core as Core, session, session.lanes[lane])) return null;
      return Math.min(permits, MOST_IN_SCORE) * MOMENTS + hungrySince;
    });
  const rich = (lane: QueuedLane) =>
    scored(({ lanes }) => {
      const { permits, need } = lanes[lane];
      const spare = Math.min(Math.max(0, permits - need), MOST_IN_SCORE);
      return permits > 0 ? spare * MOST_IN_SCORE + Math.min(permits, MOST_IN_SCORE) : null;
    });
  const due = sessions.map(([id, session]): Pair => [id, session.due]);
  const present = sessions.flatMap(([id, session]): Pair[] => (session.presentUntil > 0 ? [[id, session.opened]] : []));
  const idle = sessions.flatMap(([id, session]): Pair[] => (session.active ? [] : [[id, session.heard]]));
  const needed = [due, present, hungry("request"), hungry("slow"), rich("request"), rich("slow"), idle];
  const faults = needed.flatMap((pairs, at) => {
    const [is, must] = [listed(found[at] ?? []), listed(pairs)];
    return is === must ? [] : [`${RANKINGS[at]} must be ${must}, was ${is}`];
  });
  const first = Math.min(...due.map(([, score]) => score));
  if ((row.due as number) > first) faults.push(`due must be ${first} at most, was ${row.due}`);
  const sizes = needed.map((pairs) => pairs.length).join();
  if (String(row.sizes) !== sizes) faults.push(`sizes must be ${sizes}, were ${row.sizes}`);
  return faults;
}

const listed = (pairs: readonly Pair[]): string =>
  [...pairs]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.join("="))
    .join(" ");
const setOf = (flat: readonly string[]): Pair[] =>
  flat.flatMap((id, at) => (at % 2 === 0 ? [[id, Number(flat[at + 1])] as const] : []));

/** An empty list comes out of cjson as an object. */
const listOf = (row: Row | undefined): Row => (Array.isArray(row) ? row : []);

function sessionOf(row: Row, about: Session["about"] | undefined): Session {
  const { rank: _, rankedAt: __, ...fields } = fromRow("session", row);
  const { opened, n, heard, presentUntil, active, due, generation, roundTripMs, leaseMs, ...parts } = fields;
  const lease = (lane: string) =>
    Object.fromEntries(
      Object.entries(parts).map(([name, numbers]) => [name, (numbers as Record<string, number>)[lane]]),
    );
  const lanes = Object.fromEntries(LANES.map((lane) => [lane, lease(lane)]));
  const session = { opened, n, heard, presentUntil, active, due, generation, roundTripMs, leaseMs, lanes };
  return { ...session, about: about ?? decodeAbout(["=?", "=?", "=?", 0]) } as never as Session;
}

function coreOf(row: Row, opIds: Row): Core {
  const { due, moves, sizes, ...core } = fromRow("core", row);
  const {
    windowStart: start,
    baseCalls,
    baseFailures,
    baseSlow,
    windowFrom: from,
    calls,
    failures,
    slow,
    ...rest
  } = core;
  const base = { calls: baseCalls, failures: baseFailures, slow: baseSlow };
  return {
    ...rest,
    state: BREAKER_STATES[(core.state as number) - 1],
    window: { start, base, from, calls, failures, slow },
    override: core.override ? decodeOverride(core.override as Row) : null,
    opIds: opIds.map((opId) => fromText(opId as string)),
  } as never as Core;
}
