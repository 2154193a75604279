/** An operator's word that changes something: written down before it is in force, and what came of it after that. */
import * as v from "valibot";
import { type AuditEntry, actorPart } from "../../../recovery/audit/record.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { MaybePromise } from "../../../store/port.ts";
import { ProblemError } from "../../problem.ts";
import type { Caller } from "./restart.ts";

export const wordReason = v.pipe(
  v.string("a text"),
  v.trim(),
  v.nonEmpty("why, in words"),
  v.maxLength(500, "at most 500 characters"),
);

export type WordEntry = Omit<AuditEntry, "outcome">;

export interface Word {
  readonly action: string;
  /** What was said, in one word. */
  readonly decision: string;
  /** What it is said of. */
  readonly subject: string;
  readonly reason: string;
}

/** A record of a word, but for what comes of it. */
export const wordEntry = ({ action, decision, subject, reason }: Word, caller: Caller): WordEntry => ({
  action,
  ...actorPart(caller.actor, caller.login),
  source: "manual",
  ip: caller.ip,
  user_agent: caller.userAgent,
  request_id: caller.requestId,
  decision,
  policy_state: null,
  override_reason: null,
  subject,
  reason,
});

export interface Spoken<Reply> {
  /** Its record. */
  readonly entry: WordEntry;
  /** The action of the record that says what came of it. */
  readonly outcomeAction: string;
  readonly outcomeOf: (reply: Reply) => string;
  readonly speak: () => MaybePromise<Reply>;
  /** What is so where it is not done, as the beginning of a sentence. */
  readonly undone: string;
}

/** @throws ProblemError where it cannot be written down, and then nothing is done; or where the store does not answer. */
export async function spoken<Reply>(word: Spoken<Reply>, audit: Recovery["audit"]): Promise<Reply> {
  const { entry, outcomeAction, outcomeOf, speak, undone } = word;
  const unavailable = (why: string) => (cause: unknown) => {
    throw Object.assign(new ProblemError("SERVICE_UNAVAILABLE", `${undone}: ${why}.`), { cause });
  };
  await audit.write({ ...entry, outcome: "pending" }).catch(unavailable("it cannot be written to the audit"));
  const reply = await Promise.resolve(speak()).catch(unavailable("the state store does not answer"));
  // It is in force or it is not: what is left to write down changes nothing about that.
  await audit.write({ ...entry, action: outcomeAction, outcome: outcomeOf(reply) }).catch(() => {});
  return reply;
}
