/** What was done, by whom: the end of the audit. */
import { html } from "hono/html";
import { type AuditRow, isDamaged } from "../../../recovery/audit/audit.ts";
import type { AuditRecord } from "../../../recovery/audit/record.ts";
import type { Section } from "./live.ts";
import { type Markup, plain, state, table, time } from "./words.ts";

/** @param records Newest first; null where the log does not answer. */
export function auditSection(records: readonly AuditRow[] | null, nowMs: number): Section {
  const body =
    records === null
      ? html`<p class="bad">The audit cannot be read: its log does not answer.</p>`
      : table("Audit", ["No.", "When", "Who", "From", "What", "Decision", "Came to", "Why"], records.map(cellsOf), [0]);
  return { id: "audit", title: "Audit", asOf: new Date(nowMs).toISOString(), body };
}

function cellsOf(row: AuditRow): (string | number | Markup)[] {
  if (isDamaged(row))
    return [row.position, "", "", "", state("damaged", "bad"), "", "", "There is no record any more."];
  const { position, at, ip, action, subject, decision, outcome, reason, count } = row;
  return [
    position,
    time(at),
    whoOf(row),
    ip ?? "",
    subject === null ? action : `${action} ${shortened(subject)}`,
    plain(decision),
    count === undefined ? outcome : `${outcome} ${count} times`,
    reason ?? "",
  ];
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const SUBJECT_SHOWN = 60;

/** Of an id its beginning tells it apart; a name is a name. */
function shortened(subject: string): string {
  if (UUID.test(subject)) return subject.slice(0, 8);
  return subject.length <= SUBJECT_SHOWN ? subject : `${subject.slice(0, SUBJECT_SHOWN)}…`;
}

/** The name is what people know each other by, and no more. */
function whoOf({ actor, actor_name: name, actor_name_verified: verified }: AuditRecord): string {
  if (!name) return actor;
  return `${name}${verified ? "" : " (unverified)"}, ${actor}`;
}
