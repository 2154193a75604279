/**
 * The gate machine: pure, no I/O, no clock, no chance. `step(state, batch, now)` is all of it.
 *
 * Map of this folder: `types`, `commands`, `replies`, `events` and `state` are the words; `step` applies a batch, with
 * `validate` before it and `time` first; `admit`, `lanes`, `line`, `breaker` and `window` decide on calls; `sessions`
 * makes each command take effect at most once; `operator` and `adoption` are the rarer commands; `view` shows it all.
 */
import { admit } from "./admit.ts";
import { adopt, NOTHING } from "./adoption.ts";
import type { Batch, Command } from "./commands.ts";
import type { GateEvent, Wake } from "./events.ts";
import { cancel, settle } from "./lanes.ts";
import { beginLife } from "./life.ts";
import { leaveLine, wakes } from "./line.ts";
import { operate } from "./operator.ts";
import type { BatchReply, Reply } from "./replies.ts";
import { endId, type Hearing, hear } from "./sessions.ts";
import type { GateState } from "./state.ts";
import { passTime } from "./time.ts";
import { type Touched, type Turn, untouched } from "./turn.ts";
import { numberOf, validate } from "./validate.ts";
import { room, view } from "./view.ts";
import { countPeaks, countRefused } from "./window.ts";

export interface Step {
  readonly reply: BatchReply;
  /** What happened, for the log: to be written after the state is committed. */
  readonly events: readonly GateEvent[];
  /** Who should ask again now. */
  readonly wake: readonly Wake[];
  /** What a home has to store. */
  readonly touched: Touched;
}

/**
 * Applies a batch atomically and in order. Owns `gate` and changes it in place.
 *
 * @param now The store's clock in milliseconds since 1970. Going back is ignored; by more than 10 s it is a new life.
 * @throws InvalidBatch before anything has changed.
 * @example
 * ```ts
 * const gate = emptyGate();
 * const { reply, events } = step(gate, batch, Date.now());
 * ```
 */
export function step(gate: GateState, batch: Batch, now: number): Step {
  validate(batch, now);
  const events: GateEvent[] = [];
  const touched = untouched();
  const core = beginLife(gate, batch.config, now, events, touched);
  core.clock = Math.max(core.clock, now);
  const turn: Turn = { gate, core, config: batch.config, jitter: batch.jitter, now: core.clock, events, touched };
  passTime(turn);
  const hearing = hear(turn, batch);
  if (hearing.unknown) return { reply: { known: false, life: core.life }, events, wake: wakes(turn), touched };

  countRefused(turn, batch.refusedLocally);
  const bringsNothing = hearing.minting && batch.commands.every(({ kind }) => kind !== "adopt");
  if (bringsNothing) adopt(turn, batch.session, NOTHING, batch.opens);
  const replies: Reply[] = [];
  for (const command of batch.commands) replies.push(apply(turn, batch, hearing, command));
  countPeaks(turn);
  return { reply: batchReply(turn, replies), events, wake: wakes(turn), touched };
}

type Heard = Hearing & { unknown: false };

function apply(turn: Turn, batch: Batch, heard: Heard, command: Command): Reply {
  switch (command.kind) {
    case "admit":
      return admitted(turn, batch, heard, command);
    case "settle":
    case "cancel":
      return ended(turn, batch, heard, command);
    case "operate":
      return operate(turn, command);
    case "adopt":
      return adopt(turn, batch.session, command, heard.minting ? batch.opens : null);
    case "view":
      return view(turn, batch.session);
  }
}

function admitted(turn: Turn, { session }: Batch, heard: Heard, command: Command & { kind: "admit" }): Reply {
  const n = numberOf(command.id, session);
  const reply = admit(turn, heard.session, session, n, command);
  if (reply.kind === "refused") {
    const ticket = turn.gate.tickets.get(command.id);
    if (ticket) leaveLine(turn, command.id, ticket);
    if (reply.reason !== "spent") countRefused(turn, 1);
    endId(turn, heard.session, session, n);
  }
  return reply;
}

function ended(turn: Turn, { session }: Batch, heard: Heard, command: Command & { kind: "settle" | "cancel" }): Reply {
  const { id } = command;
  const permit = turn.gate.permits.get(id);
  const ticket = command.kind === "cancel" ? turn.gate.tickets.get(id) : undefined;
  if (permit && command.kind === "settle") settle(turn, id, permit, command.outcome, command.slow);
  else if (permit) cancel(turn, id, permit);
  else if (ticket) leaveLine(turn, id, ticket);
  else return { kind: "ended", alive: false };
  endId(turn, heard.session, session, numberOf(id, session));
  return { kind: "ended", alive: true };
}

function batchReply(turn: Turn, replies: readonly Reply[]): BatchReply {
  const { life, generation, overrideVersion } = turn.core;
  const lanes = { request: room(turn, "request"), slow: room(turn, "slow"), health: room(turn, "health") };
  return { known: true, life, generation, overrideVersion, lanes, replies };
}
