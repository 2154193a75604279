/**
 * What the page on faults runs in the browser. It asks on, whatever Retry-After says, because watching the refusals is
 * the point; at most three requests are out at a time, so that hanging ones leave connections for the health answers.
 */
export const DEV_SCRIPT = /* js */ `
const PROBE_EVERY_MS = 500;
const POLL_EVERY_MS = 1000;
const MAX_IN_FLIGHT = 3;
const MAX_ROWS = 15;
const MAX_STRIP = 100;
const MAX_CHANGES = 8;
const byId = (id) => document.getElementById(id);
const WORDS = { CLOSED: "closed", OPEN: "open", HALF_OPEN: "half-open" };
const TONES = { closed: "good", open: "bad", "half-open": "warn", healthy: "good", degraded: "warn", unhealthy: "bad",
  ok: "good", error: "bad" };
// A state is a word, a shape and a colour, for whoever cannot tell one of them.
const SHAPES = { good: "● ", warn: "◆ ", bad: "▲ " };
const OUTCOMES = { good: "answered", warn: "refused at once", bad: "failed" };
const REFUSALS = ["CIRCUIT_BREAKER_OPEN", "DB_POOL_EXHAUSTED", "SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS"];
const clock = (at) => at.toLocaleTimeString("en-GB");
// A narrow screen may break a code behind each of its words.
const breakable = (code) => code.replaceAll("_", "_\\u200b");
let inFlight = 0;
let paused = false;
let breakerWas = null;
let since = "";

function put(id, text, tone) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  element.className = tone ?? "";
}

function putState(id, state, more) {
  put(id, (SHAPES[TONES[state]] ?? "○ ") + state + (more ?? ""), TONES[state]);
}

function showBreaker(state) {
  if (breakerWas !== null && breakerWas !== state) {
    const at = clock(new Date());
    const line = document.createElement("li");
    line.textContent = at + " from " + breakerWas + " to " + state;
    if (since === "") byId("changes").replaceChildren();
    byId("changes").prepend(line);
    while (byId("changes").childElementCount > MAX_CHANGES) byId("changes").lastElementChild.remove();
    since = ", since " + at;
  }
  breakerWas = state;
  putState("breaker", state, since);
}

async function poll() {
  try {
    const health = await (await fetch("/health", { signal: AbortSignal.timeout(5000) })).json();
    const breaker = health.circuit_breaker ?? {};
    showBreaker(WORDS[breaker.state] ?? "unknown");
    putState("service", health.status, health.degraded_reason ? ": " + health.degraded_reason : "");
    putState("database", health.services.database);
    put("failures", (breaker.failure_count ?? 0) + " of " + (breaker.total_count ?? 0));
    const leftMs = breaker.open_until ? Date.parse(breaker.open_until) - Date.now() : 0;
    put("age", (health.age_ms / 1000).toFixed(1) + " s");
    put("reopens", leftMs > 0 ? Math.ceil(leftMs / 1000) + " s" : "–");
  } catch {
    put("service", "▲ no answer", "bad");
  }
  try {
    const { data } = await (await fetch("/dev/faults", { signal: AbortSignal.timeout(5000) })).json();
    showFault(data);
  } catch { /* the line above says that nothing answers */ }
  setTimeout(poll, POLL_EVERY_MS);
}

function showFault({ mode, remaining_seconds }) {
  put("fault", mode === "none" ? "none" : "◆ " + mode + ", " + remaining_seconds + " s left",
    mode === "none" ? "" : "warn");
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
}

async function choose(mode) {
  const body = { mode };
  if (mode !== "none") body.seconds = byId("seconds").valueAsNumber;
  if (mode === "slow") body.delay_ms = byId("delay").valueAsNumber;
  byId("problem").textContent = "";
  try {
    const response = await fetch("/dev/faults", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
    const answer = await response.json();
    if (response.ok) showFault(answer.data);
    else byId("problem").textContent = answer.error.message;
  } catch {
    byId("problem").textContent = "The service did not answer.";
  }
}

async function probe() {
  if (paused || inFlight >= MAX_IN_FLIGHT) return;
  inFlight += 1;
  const at = new Date();
  const started = performance.now();
  const cells = addRow(at);
  let status = "–", code = "no answer", retryAfter = "", tone = "bad";
  try {
    const response = await fetch("/api/reports/wip-summary?group_by=state", { cache: "no-store" });
    const body = await response.json();
    status = String(response.status);
    code = response.ok ? "answered" : body.error.code;
    retryAfter = response.headers.get("Retry-After") ?? "";
    tone = response.ok ? "good" : REFUSALS.includes(code) ? "warn" : "bad";
  } catch { /* the row says so */ }
  inFlight -= 1;
  const took = Math.round(performance.now() - started);
  [clock(at), status, breakable(code), retryAfter && retryAfter + " s", took.toLocaleString() + " ms"]
    .forEach((text, index) => { cells[index].textContent = text; });
  cells[1].classList.add(tone);
  cells[2].classList.add(tone);
  const mark = document.createElement("span");
  mark.className = tone;
  byId("strip").append(mark);
  while (byId("strip").childElementCount > MAX_STRIP) byId("strip").firstElementChild.remove();
  const marks = [...byId("strip").children];
  byId("summary").textContent = "Of the last " + marks.length + ": " + Object.entries(OUTCOMES)
    .map(([tone, outcome]) => marks.filter((mark) => mark.className === tone).length + " " + outcome).join(", ") + ".";
}

function addRow(at) {
  const tr = document.createElement("tr");
  const cells = [clock(at), "…", "waiting", "", ""].map((text, index) => {
    const td = document.createElement("td");
    td.textContent = text;
    td.className = index > 2 ? "number" : index === 2 ? "wrap" : "";
    tr.append(td);
    return td;
  });
  byId("probes").prepend(tr);
  while (byId("probes").childElementCount > MAX_ROWS) byId("probes").lastElementChild.remove();
  return cells;
}

for (const button of document.querySelectorAll("[data-mode]")) {
  button.addEventListener("click", () => choose(button.dataset.mode));
}
byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
});
poll();
setInterval(probe, PROBE_EVERY_MS);
`;
