/**
 * A gate as rows of an object's storage. A row written is what the platform charges for, so all that nearly every
 * renewal changes is one of them: the core, the totals and the newest second. Beside it there is one for the
 * transitions, one for each session, and one for each second that is over.
 */
import type { GateEvent } from "../../gate/events.ts";
import { type GateSnapshot, restore } from "../../gate/snapshot.ts";
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
      const saved = storedGate(kv);
      newestAt = kv.get<Main>(MAIN)?.newest?.at ?? null;
      return saved ? restore(saved) : emptyGate();
    },
    store,
  };
}

/** What is stored; null where nothing is. */
export function storedGate(kv: Pick<ObjectEntries, "get" | "list">): GateSnapshot | null {
  const main = kv.get<Main>(MAIN);
  if (main === undefined) return null;
  const seconds = new Map([...kv.list<Second>({ prefix: SECONDS })].map(([, second]) => [placeOf(second), second]));
  // Its place may still have the row of the one that was there five minutes before.
  if (main.newest) seconds.set(placeOf(main.newest), main.newest);
  return {
    core: main.core,
    seconds: [...seconds.values()],
    sessions: [...kv.list<Session>({ prefix: SESSIONS })].map(([name, one]) => [name.slice(SESSIONS.length), one]),
    transitions: kv.get<GateEvent[]>(TRANSITIONS) ?? [],
    totals: main.totals,
  };
}

/** Until when a gate is to be remembered, should nobody use it any more; undefined where none is stored. */
export const gateKeptUntil = (kv: ObjectEntries): number | undefined => kv.get<Main>(MAIN)?.core.keptUntil;

const placeOf = ({ at }: Second): number => at % RING_SECONDS;

function secondAt(gate: GateState, at: number | null): Second | null {
  const second = at === null ? undefined : gate.seconds.get(at % RING_SECONDS);
  return second?.at === at ? (second ?? null) : null;
}
