/** The page for operators: all there is to see and to do. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import type { SystemStatus } from "../../../contract/system.ts";
import type { AuditRecord } from "../../../recovery/audit/record.ts";
import type { Known } from "../../auth/identity.ts";
import { actionForms } from "./forms.ts";
import { page } from "./frame.ts";
import { gateSection } from "./gates.ts";
import { auditSection } from "./records.ts";
import { restartsSection } from "./restarts.ts";
import { instancesSection, statusSection } from "./status.ts";
import { type Markup, time } from "./words.ts";

export interface Shown {
  readonly name: string;
  readonly visitor: Known;
  readonly system: SystemStatus;
  readonly worker: WorkerStatus;
  readonly records: readonly AuditRecord[] | null;
  readonly nowMs: number;
}

export function consolePage(c: Context, nonce: string, shown: Shown): Promise<Response> {
  const { name, visitor } = shown;
  return page(c, nonce, { title: `Console – ${name}`, body: bodyOf(shown), csrfToken: visitor.csrfToken });
}

/** What is in `live` is replaced with every look; the forms beside it keep what was typed. */
function bodyOf({ name, visitor: { identity }, system, worker, records, nowMs }: Shown): Markup {
  const gates = Object.entries(system.gates);
  return html`<header><h1>${name}</h1>
<p class="soft">As of <span data-live="age">${time(new Date(nowMs).toISOString())}</span> UTC. <span id="trouble" class="bad" role="status"></span></p>
<form id="sign-out"><span class="soft">${identity.name}</span>
${identity.kind === "session" ? html`<button type="submit">Sign out</button>` : ""}</form></header>
<main>
<div data-live="now">${statusSection(system, nowMs)}</div>
${actionForms(
  gates.map(([gate]) => gate),
  worker,
)}
<div data-live="rest">
${gates.map(([gate, shown]) => gateSection(gate, shown, nowMs))}
${restartsSection(worker, nowMs)}
${instancesSection(system)}
${auditSection(records)}
</div></main>`;
}
