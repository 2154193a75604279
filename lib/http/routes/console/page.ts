/** The page for operators: all there is to see and to do. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import type { SystemStatus } from "../../../contract/system.ts";
import type { AuditRow } from "../../../recovery/audit/audit.ts";
import { type Known, shownName } from "../../auth/identity.ts";
import { actionForms, breakerHint, restartHint } from "./forms.ts";
import { page } from "./frame.ts";
import { gateSection } from "./gates.ts";
import { keptSection } from "./kept.ts";
import { liveSection, NOTHING_SEEN, type Section, type Seen } from "./live.ts";
import { auditSection } from "./records.ts";
import { restartsSection } from "./restarts.ts";
import { instancesSection, statusSection } from "./status.ts";
import type { Markup } from "./words.ts";

export interface Shown {
  readonly name: string;
  readonly visitor: Known;
  readonly system: SystemStatus;
  readonly worker: WorkerStatus;
  readonly records: readonly AuditRow[] | null;
  readonly nowMs: number;
}

export function consolePage(c: Context, nonce: string, shown: Shown): Promise<Response> {
  const { name, visitor } = shown;
  return page(c, nonce, { title: `Console – ${name}`, body: bodyOf(shown), csrfToken: visitor.csrfToken });
}

/** Of who looks again: the parts whose marks are others than those it has, and of the rest the marks alone. */
export async function lookAgain(c: Context, shown: Shown, seen: Seen): Promise<Response> {
  c.header("Cache-Control", "no-store");
  return c.html(html`<body><main data-now="${new Date(shown.nowMs).toISOString()}">
${sectionsOf(shown).map((section) => liveSection(section, seen))}
${restartHint(shown.worker, seen)}
${breakerHint(shown.system, seen)}</main></body>`);
}

/** The forms between the sections keep what was typed. */
function bodyOf(shown: Shown): Markup {
  const { identity } = shown.visitor;
  const [first, ...rest] = sectionsOf(shown).map((section) => liveSection(section, NOTHING_SEEN));
  return html`<header><h1>${shown.name}</h1>
<p id="trouble" class="bad" role="status"></p>
<form id="sign-out"><span class="soft">${shownName(identity)}</span>
${identity.kind === "session" ? html`<button type="submit">Sign out</button>` : ""}</form></header>
<main data-now="${new Date(shown.nowMs).toISOString()}">
${first}
${actionForms(shown.system, shown.worker)}
${rest}
</main>`;
}

function sectionsOf({ system, worker, records, nowMs }: Shown): readonly Section[] {
  return [
    statusSection(system, nowMs),
    ...Object.entries(system.gates).map(([gate, part]) => gateSection(gate, part, nowMs)),
    keptSection(system, nowMs),
    restartsSection(worker, nowMs),
    instancesSection(system, nowMs),
    auditSection(records, nowMs),
  ];
}
