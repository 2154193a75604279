/**
 * `GET /admin`: the operators' console. It reads without JavaScript; with it, it stays up to date, counts down and acts.
 *
 * Map of this folder: `console` (this file) decides who sees what; `login` is for who is nobody yet, `status`, `gates`,
 * `restarts` and `records` are what there is to see (`shown` has its names, `words` how things are said), `forms` what
 * there is to do; `frame` and `style` are round it. `browser/` runs in the page; `npm run generate` makes
 * `script.generated` of it.
 */
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { AuditRecord } from "../../../recovery/audit/record.ts";
import type { Runtime } from "../../../runtime.ts";
import type { Auth } from "../../auth/auth.ts";
import type { Known } from "../../auth/identity.ts";
import type { Readings } from "../admin/readings.ts";
import { actionForms } from "./forms.ts";
import { page } from "./frame.ts";
import { gateSection } from "./gates.ts";
import { loginPage } from "./login.ts";
import { auditSection } from "./records.ts";
import { restartsSection } from "./restarts.ts";
import type { ShownSystem, ShownWorker } from "./shown.ts";
import { instancesSection, statusSection } from "./status.ts";
import { type Markup, time } from "./words.ts";

export interface ConsoleOptions {
  readonly auth: Pick<Auth, "visitor">;
  readonly readings: Readings;
  /** The last records, newest first. @throws where the log does not answer. */
  readonly audit: (limit: number) => Promise<readonly AuditRecord[]>;
  /** What this is the console of: application and environment. */
  readonly name: string;
  readonly runtime: Runtime;
}

const AUDIT_SHOWN = 20;

export function consoleRoutes({ auth, readings, audit, name, runtime }: ConsoleOptions): Hono {
  return new Hono().get("/admin", async (c: Context) => {
    const nonce = runtime.uuid();
    const visitor = await auth.visitor(c);
    if (!visitor) return page(c, nonce, { title: `Sign in – ${name}`, body: loginPage(name), csrfToken: null });
    const [system, worker, records] = await Promise.all([
      readings.systemStatus() as Promise<ShownSystem>,
      readings.workerStatus() as Promise<ShownWorker>,
      audit(AUDIT_SHOWN).catch(() => null),
    ]);
    const body = consolePage({ name, visitor, system, worker, records, nowMs: runtime.wallMs() });
    return page(c, nonce, { title: `Console – ${name}`, body, csrfToken: visitor.csrfToken });
  });
}

interface Shown {
  readonly name: string;
  readonly visitor: Known;
  readonly system: ShownSystem;
  readonly worker: ShownWorker;
  readonly records: readonly AuditRecord[] | null;
  readonly nowMs: number;
}

/** What is in `live` is replaced with every look; the forms beside it keep what was typed. */
function consolePage({ name, visitor: { identity }, system, worker, records, nowMs }: Shown): Markup {
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
