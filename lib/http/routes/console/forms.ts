/** What operators can do. The forms are sent by the page's script, as JSON; without it they say what to send instead. */
import { html } from "hono/html";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import { refusalOf } from "./restarts.ts";
import type { Markup } from "./words.ts";

/** To be typed by who means it. */
const OVERRIDE_WORD = "override";

export function actionForms(gates: readonly string[], worker: WorkerStatus): Markup {
  return html`<section aria-labelledby="act"><h2 id="act">Act</h2>
<p id="told" role="status"></p>
<noscript><p>Acting needs JavaScript here, or <code>tidegate restart</code> and <code>tidegate breaker</code> in a shell.</p></noscript>
${restartForm(worker)}
${breakerForm(gates)}</section>`;
}

function restartForm(worker: WorkerStatus): Markup {
  const { hook, targets } = worker.platform;
  return html`<form id="restart" data-path="/admin/api/worker/restart"><h3>Restart (${hook})</h3>
<div class="row">
${
  targets.length > 0
    ? html`<label>what <select name="target">${targets.map((target) => html`<option>${target}</option>`)}</select></label>`
    : ""
}
<label class="long">why <input name="reason" required maxlength="500" autocomplete="off"></label>
<label>“${OVERRIDE_WORD}”, to pass the policy <input name="word" pattern="${OVERRIDE_WORD}" autocomplete="off"></label>
<button type="submit">Restart</button></div>
<div data-live="hint">${restartHint(refusalOf(worker))}</div></form>`;
}

/** Why the button is disabled, as far as it is. */
const restartHint = (refusal: string | null): Markup =>
  refusal === null
    ? html`<p class="soft">A restart is allowed.</p>`
    : html`<p class="soft" id="refusal">${refusal} An override passes.</p>`;

function breakerForm(gates: readonly string[]): Markup {
  return html`<form id="breaker" data-path="/admin/api/breaker"><h3>Force a breaker</h3>
<div class="row">
<label>gate <select name="gate">${gates.map((gate) => html`<option>${gate}</option>`)}</select></label>
<label>to <select name="mode"><option value="force_open">open</option><option value="force_closed">closed</option>
<option value="observe">observe only</option><option value="auto">automatic</option>
<option value="reset">reset</option></select></label>
<label>for minutes <input name="minutes" type="number" inputmode="numeric" min="1" max="1440" value="15" required></label>
<label class="long">why <input name="reason" required maxlength="500" autocomplete="off"></label>
<label>its gate's name, to confirm <input name="word" required autocomplete="off"></label>
<button type="submit">Set</button></div>
<p class="soft">Reset closes it at once, whatever was set, and forgets what it counted. Like automatic, it has no end.</p>
</form>`;
}
