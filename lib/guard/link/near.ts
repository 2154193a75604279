/** The link to a gate in this process: every batch is answered at once, and nothing can get lost. */
import type { Admit, Batch, Command } from "../../gate/commands.ts";
import type { AdmitReply, BatchReply, GateView, OperateReply, Reply } from "../../gate/replies.ts";
import type { Step } from "../../gate/step.ts";
import type { About, GateConfig } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";
import { createAcquaintance } from "./acquaintance.ts";
import { gateMachine } from "./gate-machine.ts";
import { createIds, type Ids } from "./ids.ts";
import type { Link, LinkOptions } from "./port.ts";

/** A gate that has forgotten this instance is opened this often in a row. */
const OPENINGS_IN_A_ROW = 3;

export function createNearLink({ store, key, rules, about, runtime, announce, log }: LinkOptions): Link {
  const ids = createIds(runtime);
  const send = createSender({
    ids,
    about,
    runtime,
    config: () => rules.gate,
    transact: (batch) => {
      const { reply, events } = store.transact(gateMachine, key, batch) as Step;
      if (events.length > 0) announce(events);
      return reply;
    },
  });
  const one = (command: Command) => send([command])[0];
  return {
    newId: ids.fresh,
    ask: (commands) => answered(ids, commands, send),
    tell: (command) => {
      try {
        send([command]);
      } catch (error) {
        log.error("gate.command_lost", { command: command.kind, error });
      }
    },
    view: () => one({ kind: "view" }) as GateView,
    operate: (command) => one(command) as OperateReply,
    attached: () => true,
    onWake: (listener) => store.onWake(key, ids.session, (lane) => listener([lane], "oldest")),
    close: async () => {},
  };
}

type Send = (commands: readonly Command[]) => readonly Reply[];

/** Asks, and takes every ask for answered afterwards. */
export function answered(ids: Ids, commands: readonly Admit[], send: Send): readonly AdmitReply[] {
  try {
    return send(commands) as readonly AdmitReply[];
  } finally {
    for (const { id } of commands) ids.done(id);
  }
}

export interface SenderOptions {
  readonly ids: Ids;
  readonly about: About;
  readonly runtime: Runtime;
  readonly config: () => GateConfig;
  readonly transact: (batch: Batch) => BatchReply;
}

/** Sends batches to a gate at hand, and introduces the instance where that does not know it. */
export function createSender({ ids, about, runtime, config, transact }: SenderOptions): Send {
  const acquaintance = createAcquaintance(about);
  return (commands) => {
    for (let openingsLeft = OPENINGS_IN_A_ROW; openingsLeft >= 0; openingsLeft--) {
      const opens = acquaintance.opens();
      const reply = transact({
        session: ids.session,
        opens,
        doneBelow: ids.doneBelow(),
        jitter: Math.floor(runtime.random() * 1_000),
        config: config(),
        refusedLocally: 0,
        commands,
      });
      acquaintance.hear(reply, opens);
      if (reply.known) return reply.replies;
    }
    throw new Error("gate session: the store must keep a session it has opened, but forgot it");
  };
}
