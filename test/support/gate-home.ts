/**
 * A home that keeps only what a step says it touched, as a real store would. Where it ends up with anything but the
 * gate's own state, some entry changed without being named.
 */
import { type GateSnapshot, type GateState, snapshot } from "../../lib/gate/state.ts";
import type { Touched } from "../../lib/gate/turn.ts";

export interface GateHome {
  store(touched: Touched): void;
  /** What is stored, in an order of its own. */
  stored(): GateSnapshot;
}

export function homeOf(gate: GateState): GateHome {
  const rows = { seconds: rowsOf(), permits: rowsOf(), tickets: rowsOf(), sessions: rowsOf() };
  let core = "null";
  let transitions = "[]";
  const home: GateHome = {
    store(touched) {
      core = JSON.stringify(gate.core);
      if (touched.transitions) transitions = JSON.stringify(gate.transitions);
      for (const part of ["seconds", "permits", "tickets", "sessions"] as const) {
        const entries: ReadonlyMap<string | number, unknown> = gate[part];
        for (const name of touched[part]) {
          const entry = entries.get(name);
          if (entry === undefined) rows[part].delete(name);
          else rows[part].set(name, JSON.stringify(entry));
        }
      }
    },
    stored() {
      const parsed = (part: "permits" | "tickets" | "sessions") =>
        [...rows[part]].map(([name, row]) => [String(name), JSON.parse(row)] as const);
      return sorted({
        core: JSON.parse(core),
        seconds: [...rows.seconds.values()].map((row) => JSON.parse(row)),
        permits: parsed("permits"),
        tickets: parsed("tickets"),
        sessions: parsed("sessions"),
        transitions: JSON.parse(transitions),
      });
    },
  };
  const keys = (part: ReadonlyMap<string, unknown>) => [...part.keys()];
  const { permits, tickets, sessions, seconds } = gate;
  const all = { permits: keys(permits), tickets: keys(tickets), sessions: keys(sessions) };
  home.store({ ...all, seconds: [...seconds.keys()], transitions: true });
  return home;
}

/** A gate's state in the order of its keys, so that two of them can be compared. */
export const sortedSnapshot = (gate: GateState): GateSnapshot => sorted(snapshot(gate));

const rowsOf = (): Map<string | number, string> => new Map();

function sorted(saved: GateSnapshot): GateSnapshot {
  const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1);
  return {
    ...saved,
    seconds: [...saved.seconds].sort((one, other) => one.at - other.at),
    permits: [...saved.permits].sort(byName),
    tickets: [...saved.tickets].sort(byName),
    sessions: [...saved.sessions].sort(byName),
  };
}
