/** What was done, by whom: the end of the audit. */
import { html } from "hono/html";
import type { AuditRecord } from "../../../recovery/audit/record.ts";
import { type Markup, plain, table, time } from "./words.ts";

/** @param records Newest first; null where the log does not answer. */
export function auditSection(records: readonly AuditRecord[] | null): Markup {
  return html`<section aria-labelledby="audit"><h2 id="audit">Audit</h2>
${
  records === null
    ? html`<p class="bad">The audit cannot be read: its log does not answer.</p>`
    : table(
        "Audit",
        ["No.", "When", "Who", "From", "What", "Decision", "Came to", "Why"],
        records.map(({ position, at, actor, ip, action, subject, decision, outcome, reason }) => [
          position,
          time(at),
          actor,
          ip ?? "",
          subject === null ? action : `${action} ${subject.slice(0, 8)}`,
          plain(decision),
          outcome,
          reason ?? "",
        ]),
        [0],
      )
}</section>`;
}
