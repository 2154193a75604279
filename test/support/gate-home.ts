/**
 * A home that keeps only what a step says it touched, as a real store would. Where it ends up with anything but the
 * gate's own state, some entry changed without being named.
 */
import { type GateSnapshot, snapshot } from "../../lib/gate/snapshot.ts";
import type { GateState } from "../../lib/gate/state.ts";
import type { Touched } from "../../lib/gate/turn.ts";

export interface GateHome {
  store(touched: Touched): void;
  /** What is stored, in an order of its own. */
  stored(): GateSnapshot;
}

export function homeOf(gate: GateState): GateHome {
  const [seconds, sessions] = [new Map<number, string>(), new Map<string, string>()];
  let [core, transitions, totals] = ["", "", ""];
  const home: GateHome = {
    store(touched) {
      core = JSON.stringify(gate.core);
      if (touched.transitions) transitions = JSON.stringify(gate.transitions);
      if (touched.totals) totals = JSON.stringify(gate.totals);
      storeRows(seconds, gate.seconds, touched.seconds);
      storeRows(sessions, gate.sessions, touched.sessions);
    },
    stored: () =>
      sorted({
        core: JSON.parse(core),
        seconds: [...seconds.values()].map((row) => JSON.parse(row)),
        sessions: [...sessions].map(([name, row]) => [name, JSON.parse(row)] as const),
        transitions: JSON.parse(transitions),
        totals: JSON.parse(totals),
      }),
  };
  const all = { seconds: [...gate.seconds.keys()], sessions: [...gate.sessions.keys()] };
  home.store({ ...all, transitions: true, totals: true });
  return home;
}

/** A gate's state in the order of its keys, so that two of them can be compared. */
export const sortedSnapshot = (gate: GateState): GateSnapshot => sorted(snapshot(gate));

function storeRows<Key>(rows: Map<Key, string>, entries: ReadonlyMap<Key, unknown>, names: readonly Key[]): void {
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) rows.delete(name);
    else rows.set(name, JSON.stringify(entry));
  }
}

const sorted = (saved: GateSnapshot): GateSnapshot => ({
  ...saved,
  seconds: [...saved.seconds].sort((one, other) => one.at - other.at),
  sessions: [...saved.sessions].sort(([one], [other]) => (one < other ? -1 : 1)),
});
