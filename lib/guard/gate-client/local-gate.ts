/**
 * The instance's own gate for the time without the shared one: the same machine, in memory, with a fixed share of the
 * capacity. What it still runs on permits of the shared gate is taken off. Rule 15.
 */
import type { GateEvent } from "../../gate/events.ts";
import type { GateView, Renewal } from "../../gate/renewal.ts";
import { emptyGate } from "../../gate/state.ts";
import { step } from "../../gate/step.ts";
import type { About, GateConfig, Lane } from "../../gate/types.ts";
import { type Runtime, steadyClock } from "../../runtime.ts";
import type { GuardRules } from "../rules.ts";
import { type Holdings, noHoldings, runningIn, runs } from "./holdings.ts";
import { elapsedMs, momentOf } from "./moment.ts";
import { composed, hear } from "./telling.ts";

export interface LocalGate {
  /** Of a lane's capacity, what this instance may use. */
  readonly share: (lane: Lane) => number;
  readonly own: () => Holdings;
  /** Calls that run by it and count against the room of the shared gate. */
  readonly owed: () => Readonly<Record<Lane, number>>;
  /** Asks for what these need, and tells what has ended. */
  readonly renew: (waiting: Readonly<Record<Lane, number>>) => void;
  /** Of this gate, with the shared breaker where calls still go by that. */
  readonly view: (shared: Holdings["heard"]) => GateView;
  /** From now on it is asked. What it knew of the database is forgotten, unless something still runs by it. */
  readonly standIn: () => void;
  /** The shared gate is there again. @returns The own breaker, where it stood in and that is open. */
  readonly standDown: () => Renewal["open"];
}

export interface LocalGateOptions {
  readonly about: About;
  readonly rules: GuardRules;
  readonly runtime: Runtime;
  /** Instances that are there, and this one's place among them; null where that was never heard. */
  readonly fleet: () => { readonly n: number; readonly rank: number } | null;
  /** Calls that this instance still runs on permits of the shared gate. */
  readonly stillRuns: (lane: Lane) => number;
  readonly announce: (events: readonly GateEvent[]) => void;
}

const SESSION = "local";
const NOBODY = { request: 0, slow: 0, health: 0 };

export function createLocalGate({ about, rules, runtime, fleet, stillRuns, announce }: LocalGateOptions): LocalGate {
  const clock = steadyClock(runtime);
  let gate = emptyGate();
  let own = noHoldings();
  let stands = false;

  const share = (lane: Lane): number => {
    if (lane === "health") return 1;
    if (rules.fallback === "closed") return 0;
    const seen = fleet();
    const n = Math.max(rules.gate.expectedInstances, seen?.n ?? 1);
    // Who does not know its place takes the last one, which has least.
    const rank = seen ? Math.min(seen.rank, n - 1) : n - 1;
    const capacity = rules.gate.capacity[lane];
    return Math.floor(capacity / n) + (rank < capacity % n ? 1 : 0);
  };
  const room = (lane: Lane) => Math.max(0, share(lane) - (lane === "health" ? 0 : stillRuns(lane)));
  const config = (): GateConfig => ({
    ...rules.gate,
    capacity: { request: room("request"), slow: room("slow"), health: 1 },
    expectedInstances: 1,
  });

  function transact(waiting: Readonly<Record<Lane, number>>, commands: Renewal["commands"]) {
    const demand = { waiting, waitedMs: NOBODY, owed: NOBODY, leaves: false, open: null };
    for (;;) {
      const now = momentOf(runtime);
      const jitter = Math.floor(runtime.random() * 1_000);
      const terms = { session: SESSION, jitter, roundTripMs: 0, config: config(), about, keepsNothing: true, commands };
      const renewal = composed(own, demand, terms, now);
      const { reply, events } = step(gate, renewal, clock());
      if (events.length > 0) announce(events);
      // Unknown where it was silent for long: the next one opens.
      if (hear(own, reply, renewal, now, now, NOBODY) && reply.known) return reply;
    }
  }

  function open(): Renewal["open"] {
    const { core } = gate;
    if (core?.state !== "open") return null;
    const now = clock();
    const remainingMs = core.openUntil - now;
    return remainingMs > 0 ? { remainingMs, agoMs: Math.max(0, now - core.since) } : null;
  }

  return {
    share,
    own: () => own,
    owed: () => ({ request: runningIn(own, "request"), slow: runningIn(own, "slow"), health: 0 }),
    renew: (waiting) => void transact(waiting, []),
    view: (shared) => {
      const view: GateView = { ...(transact(NOBODY, [{ kind: "view" }]).replies[0] as GateView), local: true };
      const sinceMs = shared ? elapsedMs(shared.at, momentOf(runtime)) : 0;
      const openMs = Math.ceil((shared?.breaker.retryAfterMs ?? 0) - sinceMs);
      if (shared?.breaker.state !== "open" || openMs <= 0) return view;
      const ruleMs = Math.floor((shared.override?.remainingMs ?? 0) - sinceMs);
      const override =
        shared.override && ruleMs > 0 ? { ...shared.override, until: view.at + ruleMs, remainingMs: ruleMs } : null;
      return { ...view, override, breaker: { ...view.breaker, state: "open", openUntil: view.at + openMs, openMs } };
    },
    standIn: () => {
      if (stands) return;
      stands = true;
      if (runs(own)) return;
      gate = emptyGate();
      own = noHoldings();
    },
    standDown: () => {
      const known = stands ? open() : null;
      stands = false;
      return known;
    },
  };
}
