/**
 * The instance's line to its gate: its session there, its ids, its batches.
 *
 * It keeps what makes a command take effect at most once: ids that only count up, the mark below which every admit is
 * answered or given up, and the opening of a session where the store does not know this instance.
 */
import type { Batch, Command, Opening } from "../gate/commands.ts";
import type { GateEvent } from "../gate/events.ts";
import type { BatchReply, Reply } from "../gate/replies.ts";
import { emptyGate, type GateState } from "../gate/state.ts";
import { type Step, step } from "../gate/step.ts";
import type { About, GateConfig, QueuedLane } from "../gate/types.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import { andThen, attempt, type Machine, type MaybePromise, type Store } from "../store/port.ts";

const gateMachine: Machine<GateState, Batch, Step> = { name: "gate", empty: emptyGate, step };

/** Unknown sessions are opened this often in a row; a store that forgets faster is answered as if it were away. */
const OPENINGS_IN_A_ROW = 3;

export interface Link {
  readonly session: string;
  /** A number that no admit of this instance has had. */
  readonly nextNumber: () => number;
  readonly idOf: (n: number) => string;
  /** Applies the commands in one batch. `fresh`: the numbers that are asked for the first time. */
  readonly send: (commands: readonly Command[], fresh: readonly number[]) => MaybePromise<readonly Reply[]>;
  /** Sends a command whose reply nobody waits for. Never throws. */
  readonly tell: (command: Command) => void;
  /** For the log: a command that nobody knows the fate of. */
  readonly lost: (command: Command["kind"], error: unknown) => void;
  readonly onWake: (listener: (lane: QueuedLane) => void) => () => void;
}

export interface LinkOptions {
  readonly store: Store;
  readonly key: string;
  readonly config: GateConfig;
  readonly about: About;
  readonly runtime: Runtime;
  /** Told after the store has committed. */
  readonly announce: (events: readonly GateEvent[]) => void;
  readonly log: Log;
}

export function createLink({ store, key, config, about, runtime, announce, log }: LinkOptions): Link {
  const session = runtime.uuid().replaceAll("-", "");
  const unanswered = new Set<number>();
  let lastNumber = 0;
  let opens: Opening | null = { life: null, generation: 0, overrideVersion: 0, about };
  let heard = { life: 0, generation: 0, overrideVersion: 0 };

  const transact = (commands: readonly Command[], fresh: readonly number[]): MaybePromise<BatchReply> => {
    const batch: Batch = {
      session,
      opens,
      // What this very batch asks is not answered yet.
      doneBelow: Math.min(unanswered.values().next().value ?? lastNumber + 1, fresh[0] ?? lastNumber + 1),
      jitter: Math.floor(runtime.random() * 1_000),
      config,
      refusedLocally: 0,
      commands,
    };
    return andThen(store.transact(gateMachine, key, batch), ({ reply, events }) => {
      if (events.length > 0) announce(events);
      return reply;
    });
  };

  const understand = (
    reply: BatchReply,
    again: () => MaybePromise<BatchReply>,
    openingsLeft: number,
  ): MaybePromise<readonly Reply[]> => {
    if (reply.known && reply.life < heard.life) return reply.replies.map(fromOlderLife);
    if (reply.known) {
      const before = heard.life;
      heard = {
        life: reply.life,
        generation: Math.max(heard.generation, reply.generation),
        overrideVersion: Math.max(heard.overrideVersion, reply.overrideVersion),
      };
      // The first batch opened naming no life; if another one answers since, it has to be opened by its name.
      opens = before === 0 || before === reply.life ? null : { ...heard, about };
      return reply.replies;
    }
    if (openingsLeft === 0) throw new Error("gate session: the store must keep a session it has opened, but forgot it");
    opens = { ...heard, life: reply.life, about };
    return andThen(again(), (next) => understand(next, again, openingsLeft - 1));
  };

  const send = (commands: readonly Command[], fresh: readonly number[]): MaybePromise<readonly Reply[]> => {
    const again = () => transact(commands, fresh);
    const first = again();
    if (!(first instanceof Promise)) return understand(first, again, OPENINGS_IN_A_ROW);
    for (const n of fresh) unanswered.add(n);
    return first
      .then((reply) => understand(reply, again, OPENINGS_IN_A_ROW))
      .finally(() => {
        for (const n of fresh) unanswered.delete(n);
      });
  };

  const lost: Link["lost"] = (command, error) => log.error("gate.command_lost", { command, error });

  return {
    session,
    nextNumber: () => ++lastNumber,
    idOf: (n) => `${session}.${n}`,
    send,
    tell: (command) =>
      attempt(
        () => send([command], []),
        (error) => lost(command.kind, error),
      ),
    lost,
    onWake: (listener) => store.onWake(key, session, listener),
  };
}

/** A permit or a place that the store has forgotten is worth nothing; a new id may have one in the new life. */
function fromOlderLife(reply: Reply): Reply {
  const granted = reply.kind === "permit" || reply.kind === "place";
  return granted ? { kind: "refused", reason: "spent", retryAfterMs: 0 } : reply;
}
