/** What operators can do. The forms are sent by the page's script, as JSON; without it they say what to send instead. */
import { html } from "hono/html";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import type { SystemStatus } from "../../../contract/system.ts";
import { liveHint, NOTHING_SEEN, type Seen } from "./live.ts";
import type { Markup } from "./words.ts";

/** To be typed by who means it. */
const OVERRIDE_WORD = "override";

export function actionForms(system: SystemStatus, worker: WorkerStatus): Markup {
  return html`<section aria-labelledby="act"><h2 id="act">Act</h2>
<p id="told" role="status"></p>
<noscript><p>Acting needs JavaScript here, or <code>tidegate restart</code>, <code>tidegate breaker</code> and <code>tidegate kept</code> in a shell.</p></noscript>
${restartForm(worker)}
${breakerForm(system)}
${forgetForm()}</section>`;
}

function restartForm(worker: WorkerStatus): Markup {
  const { hook, targets } = worker.platform;
  return html`<form id="restart"><h3>Restart (${hook})</h3>
<div class="row">
${
  targets.length > 0
    ? html`<label>what <select name="target">${targets.map((target) => html`<option>${target}</option>`)}</select></label>`
    : ""
}
<label class="long">why <input name="reason" required maxlength="500" autocomplete="off"></label>
<label>“${OVERRIDE_WORD}”, to pass the policy <input name="word" pattern="${OVERRIDE_WORD}" autocomplete="off"></label>
<button type="submit">Restart</button></div>
${restartHint(worker, NOTHING_SEEN)}</form>`;
}

/** What would become of a restart. Where it would be refused, only an override can be sent, if that passes. */
export function restartHint({ next_restart: next }: WorkerStatus, seen: Seen): Promise<Markup> {
  const { refused_by: refusedBy, override_passes: passes, message } = next;
  const may = refusedBy === null ? "restart" : passes ? "override" : "nothing";
  return liveHint("restart-hint", html`<p class="soft" data-said data-may="${may}">${message}</p>`, seen);
}

export function breakerHint({ state_store: store }: SystemStatus, seen: Seen): Promise<Markup> {
  const body =
    store.status === "ok"
      ? html``
      : html`<p class="soft" data-said>The state store does not answer, so that nothing can be said to a breaker.</p>`;
  return liveHint("breaker-hint", body, seen);
}

function breakerForm(system: SystemStatus): Markup {
  return html`<form id="breaker"><h3>Force a breaker</h3>
<div class="row">
<label>gate <select name="gate">${Object.keys(system.gates).map((gate) => html`<option>${gate}</option>`)}</select></label>
<label>to <select name="mode"><option value="force_open">open</option><option value="force_closed">closed</option>
<option value="observe">observe only</option><option value="auto">automatic</option>
<option value="reset">reset</option></select></label>
<label>for minutes <input name="minutes" type="number" inputmode="numeric" min="1" max="1440" value="15" required></label>
<label class="long">why <input name="reason" required maxlength="500" autocomplete="off"></label>
<label>its gate's name, to confirm <input name="word" required autocomplete="off"></label>
<button type="submit">Set</button></div>
${breakerHint(system, NOTHING_SEEN)}
<p class="soft">Reset closes it at once, whatever was set, and forgets what it counted. Like automatic, it has no end.</p>
</form>`;
}

function forgetForm(): Markup {
  return html`<form id="forget"><h3>Forget kept answers</h3>
<div class="row">
<label>all of <select name="by"><option value="tag">the tag</option><option value="prefix">keys that begin with</option>
<option value="key">the key</option></select></label>
<label class="long">which <input name="value" required maxlength="4096" autocomplete="off"></label>
<label class="long">why <input name="reason" required maxlength="500" autocomplete="off"></label>
<button type="submit">Forget</button></div>
<p class="soft">In the whole fleet, what was asked for before now. While the database is away there is nothing in its place.</p>
</form>`;
}
