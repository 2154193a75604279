/** Getting in: one ask, and where the lane is busy a bounded, fair, abortable wait. */
import type { AdmitReply } from "../gate/replies.ts";
import type { Runtime } from "../runtime.ts";
import { andThen, type MaybePromise } from "../store/port.ts";
import { type Ask, admitCommand, type Entry, now, readAnswer } from "./ask.ts";
import type { Link } from "./link.ts";
import { refusal } from "./refusal.ts";
import { createWaitingRoom } from "./waiting.ts";

export interface Admission {
  /** Ends at the caller's abort only where it waits in line; a permit that comes later is the caller's to give back. */
  readonly enter: (ask: Ask) => MaybePromise<Entry>;
  readonly waiting: () => number;
  /** Refuses who waits, and who would have to. */
  readonly close: () => void;
}

/** @param exhaustedHintMs When to come back after a refusal for want of room that is not the gate's own. */
export function createAdmission(link: Link, runtime: Runtime, exhaustedHintMs: number): Admission {
  const room = createWaitingRoom(link, runtime, exhaustedHintMs);

  const askFresh = (ask: Ask, retried: boolean): MaybePromise<Entry> => {
    const n = link.nextNumber();
    const sent = now(runtime);
    const command = admitCommand(link.idOf(n), ask, sent.monotonicMs);
    const asked = link.send([command], [n]);
    // The gate may have heard what this instance got no answer to.
    if (asked instanceof Promise) asked.catch(() => link.tell({ kind: "cancel", id: command.id }));
    return andThen(asked, ([reply]) => {
      const answer = readAnswer(command, reply as AdmitReply, sent);
      if (answer.kind === "place") return room.wait(command.id, ask, answer.nextCheckMs, () => askFresh(ask, false));
      if (answer.kind !== "spent") return answer;
      // An id that came too late to count; a new one is not.
      return retried ? { kind: "refusal", refusal: refusal("spent", exhaustedHintMs) } : askFresh(ask, true);
    });
  };

  return {
    enter: (ask) => askFresh(ask, false),
    waiting: room.waiting,
    close: room.close,
  };
}
