/**
 * A gate as rows of an object's storage. A row written is what the platform charges for, so all that nearly every
 * renewal changes is one of them: the core, the totals and the newest second. Beside it there is one for the
 * transitions, one for each session, and one for each second that is over.
 */
import type { GateEvent } from "../../gate/events.ts";
import type { GateSnapshot } from "../../gate/snapshot.ts";
import {
  type Core,
  emptyGate,
  type GateState,
  RING_SECONDS,
  type Second,
  type Session,
  type Totals,
} from "../../gate/state.ts";
import type { Touched } from "../../gate/turn.ts";
import { natural, object } from "../../shape.ts";
import { savedGate } from "../saved-gate.ts";
import type { ObjectEntries } from "./platform.ts";

const MAIN = "main";
const TRANSITIONS = "transitions";
const SECONDS = "seconds ";
const SESSIONS = "sessions ";

interface Main {
  readonly core: Core;
  readonly totals: Totals;
  readonly newest: Second | null;
}

export interface GateRows {
  /**
   * The gate that was stored, an empty one where there is none. Everything it lists has a bound in the machine: a life's
   * 300 seconds, and `sessionsKept`.
   *
   * @throws When a newer release has written it.
   */
  load(): GateState;
  /** Writes what a step says it changed in the gate that was loaded. */
  store(gate: GateState, touched: Touched): void;
}

export function gateRows(kv: ObjectEntries): GateRows {
  /** Of the newest second, which has no row of its own yet. */
  let newestAt: number | null = null;

  function store(gate: GateState, { seconds, sessions, transitions }: Touched): void {
    const core = gate.core as Core;
    const before = secondAt(gate, newestAt);
    const newest = secondAt(gate, Math.floor(core.clock / 1_000)) ?? before;
    kv.put(MAIN, { core, totals: gate.totals, newest } satisfies Main);
    if (before && before !== newest) kv.put(`${SECONDS}${before.at % RING_SECONDS}`, before);
    newestAt = newest?.at ?? null;
    for (const place of new Set(seconds)) {
      const second = gate.seconds.get(place);
      if (second === undefined) kv.delete(`${SECONDS}${place}`);
      else if (second !== newest) kv.put(`${SECONDS}${place}`, second);
    }
    for (const id of new Set(sessions)) {
      const session = gate.sessions.get(id);
      if (session === undefined) kv.delete(`${SESSIONS}${id}`);
      else kv.put(`${SESSIONS}${id}`, session);
    }
    if (transitions) kv.put(TRANSITIONS, gate.transitions);
  }
  return {
    load: () => {
      const stored = storedGate(kv);
      const gate = stored && savedGate(stored);
      // Of a damaged one nothing is left that another life could take for its own.
      if (stored && !gate) for (const [name] of [...kv.list({ prefix: "" })]) kv.delete(name);
      newestAt = gate ? (kv.get<Main>(MAIN)?.newest?.at ?? null) : null;
      return gate ?? emptyGate();
    },
    store,
  };
}

/** What is stored, whatever it is by now; null where nothing is. */
export function storedGate(kv: Pick<ObjectEntries, "get" | "list">): GateSnapshot | null {
  const main = kv.get<Partial<Main> | null>(MAIN);
  if (main === undefined) return null;
  const { core, newest, totals } = main ?? {};
  const seconds = [...kv.list<Second>({ prefix: SECONDS })].map(([, second]) => second);
  return {
    core: core as Core,
    // Last, since its place may still have the row of the one that was there five minutes before.
    seconds: newest ? [...seconds, newest] : seconds,
    sessions: [...kv.list<Session>({ prefix: SESSIONS })].map(([name, one]) => [name.slice(SESSIONS.length), one]),
    transitions: kv.get<GateEvent[]>(TRANSITIONS) ?? [],
    totals: totals as Totals,
  };
}

/** Until when a gate is to be remembered, should nobody use it any more; undefined where none is stored. */
export function gateKeptUntil(kv: ObjectEntries): number | undefined {
  const main = kv.get(MAIN);
  return kept(main) ? main.core.keptUntil : undefined;
}
const kept = object({ core: object({ keptUntil: natural }) });

function secondAt(gate: GateState, at: number | null): Second | null {
  const second = at === null ? undefined : gate.seconds.get(at % RING_SECONDS);
  return second?.at === at ? (second ?? null) : null;
}
