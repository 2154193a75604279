/**
 * The instance's own gate for the time without the shared one: the same machine, in memory, with a fixed share of the
 * capacity. What of the shared gate's permits it still runs is taken off, so that the sum over the fleet keeps a bound.
 */
import type { Admit, Cancel, Command, Settle } from "../../gate/commands.ts";
import type { GateEvent } from "../../gate/events.ts";
import type { AdmitReply, GateView } from "../../gate/replies.ts";
import { emptyGate } from "../../gate/state.ts";
import { step } from "../../gate/step.ts";
import type { About, GateConfig, Lane, QueuedLane } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { GuardRules } from "../rules.ts";
import type { Ids } from "./ids.ts";
import { answered, createSender } from "./near.ts";

export interface Share {
  /** Of a lane's capacity, what this instance may use; 0: nothing at all. */
  readonly of: (lane: Lane) => number;
  readonly ask: (commands: readonly Admit[]) => readonly AdmitReply[];
  readonly tell: (command: Settle | Cancel) => void;
  readonly view: () => GateView;
  /** Forgets what it knew of the database. Only while none of its permits lives. */
  readonly beginAnew: () => void;
}

export interface ShareOptions {
  readonly ids: Ids;
  readonly about: About;
  readonly rules: GuardRules;
  readonly runtime: Runtime;
  /** Instances seen, and this one's place among them; null where that was never heard. */
  readonly fleet: () => { readonly n: number; readonly rank: number } | null;
  /** Permits of the shared gate that this instance still runs. */
  readonly stillRuns: (lane: Lane) => number;
  readonly announce: (events: readonly GateEvent[]) => void;
  readonly wake: (lane: QueuedLane) => void;
}

export function createShare(options: ShareOptions): Share {
  const { ids, about, rules, runtime, fleet, stillRuns, announce, wake } = options;
  const wallAtStart = runtime.wallMs() - runtime.monotonicMs();
  let gate = emptyGate();

  const shareOf = (amount: number): number => {
    if (rules.fallback === "closed") return 0;
    const seen = fleet();
    const n = Math.max(rules.expectedInstances, seen?.n ?? 1);
    // Who does not know its place takes the last one, which has least.
    const rank = seen ? Math.min(seen.rank, n - 1) : n - 1;
    return Math.floor(amount / n) + (rank < amount % n ? 1 : 0);
  };
  const of = (lane: Lane): number => (lane === "health" ? 1 : shareOf(rules.gate.capacity[lane]));
  const room = (lane: QueuedLane) => Math.max(0, of(lane) - stillRuns(lane));
  const config = (): GateConfig => ({
    ...rules.gate,
    capacity: { request: room("request"), slow: room("slow"), health: 1 },
    maxWaiting: shareOf(rules.gate.maxWaiting),
    wakes: true,
    adoptingMs: 0,
  });
  const send = createSender({
    ids,
    about,
    runtime,
    config,
    transact: (batch) => {
      const { reply, events, wake: calls } = step(gate, batch, Math.floor(wallAtStart + runtime.monotonicMs()));
      if (events.length > 0) announce(events);
      for (const { lane } of calls) queueMicrotask(() => wake(lane));
      return reply;
    },
  });
  const one = (command: Command) => send([command])[0];

  return {
    of,
    ask: (commands) => answered(ids, commands, send),
    tell: (command) => void one(command),
    view: () => one({ kind: "view" }) as GateView,
    beginAnew: () => {
      gate = emptyGate();
    },
  };
}
