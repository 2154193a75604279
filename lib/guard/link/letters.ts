/** The batches of a far link: what goes into one, what its answer means, and which of them must not fail to come. */
import type { Command, Opening, View } from "../../gate/commands.ts";
import type { BatchReply, Reply } from "../../gate/replies.ts";
import type { Step } from "../../gate/step.ts";
import { QUEUED_LANES } from "../../gate/types.ts";
import type { Timer } from "../../runtime.ts";
import type { Absence } from "./absence.ts";
import { createAcquaintance } from "./acquaintance.ts";
import { gateMachine } from "./gate-machine.ts";
import type { Ids } from "./ids.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Asked, createOutbox, type Outbox, type Owed, type Unanswered } from "./outbox.ts";
import type { LinkOptions } from "./port.ts";
import type { Standing } from "./standing.ts";
import { transmit } from "./transmit.ts";

/** Who holds something, or was not heard, says so at least as often. */
const BEAT_MS = 1_000;
/** A store that forgets faster is answered as if it were away. */
const OPENINGS_IN_A_ROW = 3;
const VIEW: View = { kind: "view" };

export interface Letters {
  readonly outbox: Outbox;
  /** Sends a batch now, whatever there is. Resolves when its fate is known. */
  readonly send: () => Promise<void>;
  /** Others wait for what is settled here, or may wait for all that is known. */
  readonly crowded: () => boolean;
  /** Calls were refused from memory: the gate counts them. */
  readonly refusedHere: (calls: number) => void;
  /** Sends what is owed and ends its timers. */
  readonly close: () => Promise<void>;
}

export interface LettersOptions extends LinkOptions {
  readonly ids: Ids;
  readonly knowledge: Knowledge;
  readonly standing: Standing;
  readonly absence: Absence;
  /** The gate does not answer any more; it answers again. */
  readonly lost: () => void;
  readonly found: () => void;
}

interface Letter {
  readonly opens: Opening | null;
  readonly owed: readonly Owed[];
  readonly asked: readonly Asked[];
  readonly doneBelow: number;
  readonly sentAt: number;
}

export function createLetters(options: LettersOptions): Letters {
  const { store, key, rules, about, runtime, announce, ids, knowledge, standing, absence, lost, found } = options;
  const acquaintance = createAcquaintance(about);
  const outbox = createOutbox(runtime, store.traits.sharesIo, () => {
    // While the gate is away only its tries go out.
    if (!absence.away()) void send();
  });
  let crowded = true;
  let refusedHere = 0;
  let heardDoneBelow = 0;
  let openings = 0;
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let beat: Timer | null = null;

  const look: Asked = {
    command: VIEW,
    answer: (reply, sentAt) => {
      if (typeof reply === "object" && reply.kind === "view") knowledge.looked(reply, sentAt);
    },
  };

  function send(): Promise<void> {
    const { asked, owed } = outbox.take();
    if (knowledge.lookIsDue()) {
      asked.push(look);
      knowledge.lookIs("under way");
    }
    const opens = acquaintance.opens();
    const bringing = opens !== null && opens.life !== null;
    const adoption = bringing ? [knowledge.adoption(standing.adoptable())] : [];
    const commands: Command[] = [
      ...adoption,
      ...owed.map(({ command }) => command),
      ...asked.map(({ command }) => command),
    ];
    const admits = asked.flatMap(({ command }) => (command.kind === "admit" ? [command.id] : []));
    const doneBelow = bringing ? ids.doneBut(admits) : ids.doneBelow();
    const refusedLocally = refusedHere;
    refusedHere = 0;
    lastSentAt = runtime.monotonicMs();
    beat ??= runtime.setTimer(sayIfDue, BEAT_MS);

    const letter: Letter = { opens, owed, asked, doneBelow, sentAt: lastSentAt };
    const jitter = Math.floor(runtime.random() * 1_000);
    const { session } = ids;
    const batch = { session, opens, doneBelow, jitter, config: rules.gate, refusedLocally, commands };
    return transmit<Step>(runtime, rules.storeDeadlineMs, () => store.transact(gateMachine, key, batch), {
      answered: (step) => hear(letter, step, adoption.length + owed.length),
      failed: (error) => {
        refusedHere += refusedLocally;
        fail(letter, error);
      },
      late: (step) => hearLate(letter, step),
    });
  }

  function hear(letter: Letter, { reply, events }: Step, first: number): void {
    if (events.length > 0) announce(events);
    const news = acquaintance.hear(reply, letter.opens);
    if (!reply.known || news !== "current") {
      hearStranger(letter);
      return;
    }
    openings = 0;
    outbox.acknowledged(letter.owed, letter.doneBelow);
    heardDoneBelow = Math.max(heardDoneBelow, letter.doneBelow);
    knowledge.heard(reply);
    crowded = isCrowded(reply);
    const back = absence.answered(letter.sentAt);
    for (const [at, { answer }] of letter.asked.entries()) answer(reply.replies[first + at] as Reply, letter.sentAt);
    if (back) found();
    if (knowledge.lookIsDue() || outbox.owesMore()) outbox.leaveSoon();
  }

  /** The gate does not know this instance, or its answer comes from a life that is over: nothing was done. */
  function hearStranger(letter: Letter): void {
    openings += 1;
    if (openings > OPENINGS_IN_A_ROW) {
      fail(
        letter,
        new Error("the state store: a session it has opened must be kept, but was forgotten again and again"),
      );
      return;
    }
    giveBack(letter, "undone");
    if (absence.away()) void send();
    else outbox.leaveSoon();
  }

  function fail(letter: Letter, error: unknown): void {
    openings = 0;
    const news = absence.failed(error, letter.sentAt);
    if (news) lost();
    giveBack(letter, "unknown");
    if (news) for (const { answer } of outbox.recall()) answer("undone", letter.sentAt);
  }

  function giveBack({ owed, asked, sentAt }: Letter, fate: Unanswered): void {
    outbox.returned(owed);
    knowledge.lookIs("lost");
    for (const { answer } of asked) answer(fate, sentAt);
  }

  function hearLate({ opens, owed, doneBelow }: Letter, { reply, events }: Step): void {
    if (events.length > 0) announce(events);
    if (acquaintance.hear(reply, opens) === "current") outbox.acknowledged(owed, doneBelow);
  }

  function sayIfDue(): void {
    beat = null;
    if (absence.away()) return;
    if (!standing.atShared() && !outbox.owes() && heardDoneBelow >= ids.doneBelow()) return;
    const silentMs = runtime.monotonicMs() - lastSentAt;
    if (silentMs >= BEAT_MS) void send();
    else beat = runtime.setTimer(sayIfDue, BEAT_MS - silentMs);
  }

  return {
    outbox,
    send,
    crowded: () => crowded,
    refusedHere: (calls) => {
      refusedHere += calls;
    },
    close: async () => {
      if (outbox.owes() && !absence.away()) await send();
      outbox.stop();
      if (beat !== null) runtime.clearTimer(beat);
    },
  };
}

function isCrowded({ lanes }: Extract<BatchReply, { known: true }>): boolean {
  return QUEUED_LANES.some((lane) => lanes[lane].free === 0 || lanes[lane].waiting > 0);
}
