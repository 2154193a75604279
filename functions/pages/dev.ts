/** The page on which to break the database on purpose and watch the gate close and open again. Development only. */
import type { Context } from "hono";
import { html } from "hono/html";
import { page } from "./layout.ts";
import { DEV_SCRIPT } from "./scripts.generated.ts";

export function devPage(c: Context): Response | Promise<Response> {
  const body = html`
<header>
  <h1>Break it, and watch</h1>
  <p class="soft">Faults hit every statement of this instance, real ones included. They end by themselves.
  <a href="/">Back to the plant</a></p>
</header>
<main>
  <section aria-labelledby="now-title">
    <h2 id="now-title">Now, as <a href="/health">/health</a> has it</h2>
    <dl class="facts">
      <div><dt>Breaker</dt><dd><span id="breaker" role="status">–</span></dd></div>
      <div><dt>Service</dt><dd id="service">–</dd></div>
      <div><dt>Database</dt><dd id="database">–</dd></div>
      <div><dt>Failures in the window</dt><dd id="failures">–</dd></div>
      <div><dt id="reopens-title">Opens for probes in</dt><dd id="reopens">–</dd></div>
      <div><dt>Age of this verdict</dt><dd id="age">–</dd></div>
      <div><dt>Fault</dt><dd id="fault">none</dd></div>
    </dl>
    <p class="soft note">The verdict is made once in five seconds at most, so it follows the requests below with a delay.</p>
    <h3>What the breaker did</h3>
    <ol class="plain" id="changes" reversed><li class="soft">Nothing since this page was opened.</li></ol>
  </section>
  <section aria-labelledby="break-title">
    <h2 id="break-title">Make the database …</h2>
    <div class="row">
      <button type="button" data-mode="slow" aria-pressed="false">slow</button>
      <button type="button" data-mode="failing" aria-pressed="false">failing</button>
      <button type="button" data-mode="hanging" aria-pressed="false">hanging</button>
      <button type="button" data-mode="none" aria-pressed="true">well again</button>
      <label>for seconds <input id="seconds" type="number" inputmode="numeric" min="1" max="120" value="20"></label>
      <label>slow by ms <input id="delay" type="number" inputmode="numeric" min="1" max="120000" value="1500"></label>
    </div>
    <p class="bad" id="problem" role="alert"></p>
    <noscript><p>This page needs JavaScript. By hand: <code>curl -X POST …/dev/faults -H 'content-type: application/json'
    -d '{"mode":"failing","seconds":20}'</code></p></noscript>
    <p class="soft">Failing opens the breaker after five requests. Hanging does too, but only when the first calls have
    run into their timeout (<code>DB_CALL_TIMEOUT_MS</code>, 55 s unless set). Slow opens it only with
    <code>CIRCUIT_BREAKER_SLOW_RATE</code> and <code>CIRCUIT_BREAKER_SLOW_CALL_MS</code> set. docs/demo.md has a start in
    which all three open it within seconds.</p>
  </section>
  <section aria-labelledby="probes-title">
    <h2 id="probes-title">What callers see</h2>
    <p class="soft">Two requests a second to <code>/api/reports/wip-summary</code>, at most three at a time.
    Every other one wants no kept answer (<code>Cache-Control: no-store</code>), and sees what there would be without.
    Tall: answered; a little less: with what is kept; middle: refused at once; low: tried and failed.</p>
    <p class="row"><button type="button" id="pause" aria-pressed="false">pause</button> <span id="summary"></span></p>
    <div class="strip" id="strip" aria-hidden="true"></div>
    <div class="wide"><table aria-labelledby="probes-title">
      <thead><tr><th scope="col">At</th><th scope="col">Status</th><th scope="col">Code</th>
        <th scope="col" class="number">Retry-After</th><th scope="col" class="number">Took</th></tr></thead>
      <tbody id="probes"></tbody>
    </table></div>
  </section>
</main>`;
  return page(c, { title: "Break it, and watch", body, script: DEV_SCRIPT });
}
