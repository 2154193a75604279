/**
 * The link to a gate elsewhere: batches that may be lost, late or answered from another life, and a share of the
 * capacity for the time when nobody answers at all. Nothing of that is thrown at a caller.
 */
import type { Admit, Cancel, Operate, Settle, View } from "../../gate/commands.ts";
import type { AdmitReply, GateView, OperateReply, Reply } from "../../gate/replies.ts";
import { QUEUED_LANES } from "../../gate/types.ts";
import type { Timer } from "../../runtime.ts";
import { announceTo } from "../announce.ts";
import { Refused, refusal } from "../refusal.ts";
import { createAbsence } from "./absence.ts";
import { createIds } from "./ids.ts";
import { createKnowledge } from "./knowledge.ts";
import { createLetters } from "./letters.ts";
import type { Asked } from "./outbox.ts";
import type { AskReply, Link, LinkOptions } from "./port.ts";
import { createShare } from "./share.ts";
import { createStanding, type Holding } from "./standing.ts";

/** A ticket that nobody asks for is gone after its check and one second; a check is never further away than 5 s. */
const TICKET_GONE_MS = 6_000;
const VIEW: View = { kind: "view" };
const MOVED: AskReply = { kind: "moved" };

export function createFarLink(options: LinkOptions): Link {
  const { name, store, key, rules, about, runtime, log } = options;
  const ids = createIds(runtime);
  const knowledge = createKnowledge(runtime);
  const standing = createStanding(runtime);
  const absence = createAbsence(runtime, log, name, () => void letters.send());
  const letters = createLetters({ ...options, ids, knowledge, standing, absence, lost: goLocal, found: comeBack });
  const share = createShare({
    ...{ ids, about, rules, runtime, fleet: knowledge.fleet, stillRuns: standing.shared },
    announce: announceTo(log, `${name}, local share`),
    wake: (lane) => listener([lane], "oldest"),
  });
  let listener: Parameters<Link["onWake"]>[0] = () => {};
  let adoptingUntil = Number.NEGATIVE_INFINITY;
  let adopting: Timer | null = null;

  const isLocal = () => absence.away() || runtime.monotonicMs() < adoptingUntil;

  function goLocal(): void {
    if (!standing.atLocal()) share.beginAnew();
    listener(QUEUED_LANES, "all");
  }
  function comeBack(): void {
    // Those who wait ask the shared gate, in one batch.
    listener(QUEUED_LANES, "all");
  }
  /** A new life wants to hear from all holders first; until then it grants nothing. */
  const workLocallyUntil = (until: number) => {
    if (until <= Math.max(adoptingUntil, runtime.monotonicMs())) return;
    const news = !isLocal();
    adoptingUntil = until;
    if (adopting !== null) runtime.clearTimer(adopting);
    adopting = runtime.setTimer(comeBack, until - runtime.monotonicMs());
    if (news) goLocal();
  };

  const owe = (command: Settle | Cancel, until: number, givenUp: boolean, atOnce: boolean) =>
    letters.outbox.owe({ command, n: ids.numberOf(command.id), until, givenUp }, atOnce);

  /** Who asks at one gate gives up a place at the other. */
  const leave = (id: string, gate: "shared" | "local") => {
    if (standing.homeOf(id) !== gate) return;
    standing.end(id);
    if (gate === "local") share.tell({ kind: "cancel", id });
    else owe({ kind: "cancel", id }, runtime.monotonicMs() + TICKET_GONE_MS, false, false);
  };

  const receive = ({ id, lane }: Admit, reply: AdmitReply, home: "shared" | "local", sentAt: number): AskReply => {
    ids.done(id);
    if (reply.kind === "refused") {
      standing.end(id);
      if (home === "local") return reply;
      if (reply.reason === "adopting") {
        workLocallyUntil(sentAt + reply.retryAfterMs);
        return MOVED;
      }
      knowledge.refused(reply, sentAt);
      return reply;
    }
    const permit = reply.kind === "permit";
    const lastsMs = reply.kind === "permit" ? reply.remainingMs : TICKET_GONE_MS;
    const probe = reply.kind === "permit" && reply.probe;
    standing.hold(id, { lane, home, permit, probe, until: sentAt + lastsMs });
    return reply;
  };

  const askShare = (command: Admit): AskReply => {
    leave(command.id, "shared");
    if (share.of(command.lane) > 0) {
      const [reply] = share.ask([command]);
      return receive(command, reply as AdmitReply, "local", runtime.monotonicMs());
    }
    ids.done(command.id);
    return { kind: "refused", reason: "detached", retryAfterMs: rules.gate.fullRetryAfterMs };
  };

  const askShared = (command: Admit) =>
    new Promise<AskReply>((resolve) => {
      leave(command.id, "local");
      const answer: Asked["answer"] = (reply, sentAt) => {
        if (typeof reply === "object") {
          resolve(receive(command, reply as AdmitReply, "shared", sentAt));
          return;
        }
        ids.done(command.id);
        standing.end(command.id);
        // It may have been granted, and may still be on its way.
        if (reply === "unknown") owe({ kind: "cancel", id: command.id }, Number.POSITIVE_INFINITY, true, true);
        resolve(MOVED);
      };
      letters.outbox.ask({ command, answer });
    });

  const asked = <Answer extends Reply>(command: View | Operate) =>
    new Promise<Answer | null>((resolve) => {
      const answer: Asked["answer"] = (reply, sentAt) => {
        if (typeof reply === "object" && reply.kind === "view") knowledge.looked(reply, sentAt);
        resolve(typeof reply === "object" ? (reply as Answer) : null);
      };
      letters.outbox.ask({ command, answer });
    });

  return {
    newId: ids.fresh,
    ask: (commands) => {
      absence.tryIfDue();
      const remembered = commands[0]?.lane === "health" ? null : knowledge.refusal(isLocal());
      if (remembered) {
        for (const { id } of commands) {
          ids.done(id);
          standing.end(id);
        }
        letters.refusedHere(commands.length);
        return commands.map(() => remembered);
      }
      return isLocal() ? commands.map(askShare) : Promise.all(commands.map(askShared));
    },
    tell: (command) => {
      const held = standing.end(command.id);
      if (!held) return;
      if (held.home !== "shared") share.tell(command);
      if (held.home === "local") return;
      const until = held.permit ? held.until : runtime.monotonicMs() + TICKET_GONE_MS;
      owe(command, until, false, isUrgent(command, held) || letters.crowded());
    },
    view: () => (absence.away() ? share.view() : asked<GateView>(VIEW).then((view) => view ?? share.view())),
    operate: async (command) => {
      const reply = absence.away() ? null : await asked<OperateReply>(command);
      if (!reply) throw new Refused(refusal("detached", rules.gate.fullRetryAfterMs));
      return reply;
    },
    attached: () => !absence.away(),
    onWake: (wake) => {
      listener = wake;
      return store.onWake(key, ids.session, (lane) => wake([lane], "oldest"));
    },
    close: async () => {
      await letters.close();
      absence.stop();
      if (adopting !== null) runtime.clearTimer(adopting);
    },
  };
}

/** Rule 12: what others wait for, or what moves the breaker, does not wait for a ride. */
const isUrgent = (command: Settle | Cancel, { probe }: Holding) =>
  probe || (command.kind === "settle" && command.outcome === "failure");
