/** Getting in: one ask, and where the lane is busy a bounded, fair, abortable wait. */
import type { Runtime } from "../runtime.ts";
import { andThen, type MaybePromise } from "../store/port.ts";
import { type Ask, admitCommand, type Entry, now, readAnswer } from "./ask.ts";
import type { AskReply, Link } from "./link/port.ts";
import { refusal } from "./refusal.ts";
import { createWaitingRoom } from "./waiting.ts";

export interface Admission {
  /** Ends at the caller's abort only where it waits in line; a permit that comes later is the caller's to give back. */
  readonly enter: (ask: Ask) => MaybePromise<Entry>;
  readonly waiting: () => number;
  /** Refuses who waits, and who would have to. */
  readonly close: () => void;
}

/** So often in a row a call is sent from one gate to another, and then refused. */
const MOST_MOVES = 5;

/** @param exhaustedHintMs When to come back after a refusal for want of room that is not the gate's own. */
export function createAdmission(link: Link, runtime: Runtime, exhaustedHintMs: number): Admission {
  const room = createWaitingRoom(link, runtime, exhaustedHintMs);

  const refused = (reason: "spent" | "detached"): Entry => ({
    kind: "refusal",
    refusal: refusal(reason, exhaustedHintMs),
  });

  const askFresh = (ask: Ask, retried = false, moves = 0): MaybePromise<Entry> => {
    const sent = now(runtime);
    const command = admitCommand(link.newId(), ask, sent.monotonicMs);
    return andThen(link.ask([command]), ([reply]) => {
      const answer = readAnswer(command, reply as AskReply, sent);
      if (answer.kind === "place") return room.wait(command.id, ask, answer.nextCheckMs, () => askFresh(ask));
      if (answer.kind === "moved") return moves < MOST_MOVES ? askFresh(ask, retried, moves + 1) : refused("detached");
      if (answer.kind !== "spent") return answer;
      // An id that came too late to count; a new one is not.
      return retried ? refused("spent") : askFresh(ask, true, moves);
    });
  };

  return {
    enter: (ask) => {
      room.open();
      return askFresh(ask);
    },
    waiting: room.waiting,
    close: room.close,
  };
}
