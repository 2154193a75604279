/**
 * The page on faults in the browser. It asks on, whatever Retry-After says, because watching the refusals is the point;
 * at most three requests are out at a time, so that hanging ones leave connections for the health answers.
 */
import { byId, cell, clock, say } from "./elements.ts";

interface Health {
  readonly status: string;
  readonly degraded_reason: string | null;
  readonly services: { readonly database: string };
  readonly circuit_breaker?: {
    readonly state: string;
    readonly failure_count: number;
    readonly total_count: number;
    readonly open_until: string | null;
    readonly forced: { readonly mode: string } | null;
  };
  readonly age_ms: number;
}

interface Fault {
  readonly mode: string;
  readonly remaining_seconds: number;
}

type Tone = "good" | "old" | "warn" | "bad";

const PROBE_EVERY_MS = 500;
const POLL_EVERY_MS = 1_000;
const POLL_TIMEOUT_MS = 5_000;
const MAX_IN_FLIGHT = 3;
const MAX_ROWS = 15;
const MAX_STRIP = 100;
const MAX_CHANGES = 8;
const WORDS: Readonly<Record<string, string>> = { CLOSED: "closed", OPEN: "open", HALF_OPEN: "half-open" };
const TONES: Readonly<Record<string, Tone>> = {
  closed: "good",
  open: "bad",
  "half-open": "warn",
  healthy: "good",
  degraded: "warn",
  unhealthy: "bad",
  ok: "good",
  error: "bad",
};
/** A state is a word, a shape and a colour, for whoever cannot tell one of them. */
const SHAPES: Readonly<Record<Tone, string>> = { good: "● ", old: "◇ ", warn: "◆ ", bad: "▲ " };
const OUTCOMES: Readonly<Record<Tone, string>> = {
  good: "answered",
  old: "answered with what is kept",
  warn: "refused at once",
  bad: "failed",
};
const STALE = /^tidegate; hit; fwd=stale; detail=(\w+)/;
const REFUSALS = ["CIRCUIT_BREAKER_OPEN", "DB_POOL_EXHAUSTED", "SERVICE_UNAVAILABLE", "TOO_MANY_REQUESTS"];

let inFlight = 0;
let probes = 0;
let polling = false;
let paused = false;
let breakerWas: string | null = null;
let since = "";

function put(id: string, text: string, tone: Tone | "" = ""): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
  element.className = tone;
}

function putState(id: string, state: string, more = ""): void {
  const tone = TONES[state];
  put(id, (tone ? SHAPES[tone] : "○ ") + state + more, tone);
}

/** The newest first, no more than `most`. */
function prepend(list: HTMLElement, item: HTMLElement, most: number): void {
  list.prepend(item);
  while (list.childElementCount > most) list.lastElementChild?.remove();
}

function showBreaker(state: string): void {
  if (breakerWas !== null && breakerWas !== state) {
    const at = clock(new Date());
    const line = document.createElement("li");
    line.textContent = `${at} from ${breakerWas} to ${state}`;
    if (since === "") byId("changes").replaceChildren();
    prepend(byId("changes"), line, MAX_CHANGES);
    since = `, since ${at}`;
  }
  breakerWas = state;
  putState("breaker", state, since);
}

function showHealth({ circuit_breaker: breaker, status, degraded_reason, services, age_ms }: Health): void {
  showBreaker(WORDS[breaker?.state ?? ""] ?? "unknown");
  putState("service", status, degraded_reason ? `: ${degraded_reason}` : "");
  putState("database", services.database);
  put("failures", `${breaker?.failure_count ?? 0} of ${breaker?.total_count ?? 0}`);
  say(
    "reopens-title",
    breaker?.forced?.mode === "force_open" ? "Forced open by an operator for" : "Opens for probes in",
  );
  const leftMs = breaker?.open_until ? Date.parse(breaker.open_until) - Date.now() : 0;
  put("reopens", leftMs > 0 ? `${Math.ceil(leftMs / 1_000)} s` : "–");
  put("age", `${(age_ms / 1_000).toFixed(1)} s`);
}

/** What was known last is not known to hold any more. */
function showNothing(): void {
  put("service", "▲ no answer", "bad");
  for (const id of ["breaker", "database"]) putState(id, "unknown");
  for (const id of ["failures", "reopens", "age", "fault"]) put(id, "unknown");
}

function showFault({ mode, remaining_seconds }: Fault): void {
  put("fault", mode === "none" ? "none" : `◆ ${mode}, ${remaining_seconds} s left`, mode === "none" ? "" : "warn");
  for (const button of document.querySelectorAll<HTMLElement>("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
}

async function ask(path: string, init: RequestInit = {}): Promise<{ readonly ok: boolean; readonly body: unknown }> {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(POLL_TIMEOUT_MS) });
  return { ok: response.ok, body: await response.json() };
}

const isHidden = () => document.visibilityState === "hidden";

async function poll(): Promise<void> {
  setTimeout(poll, POLL_EVERY_MS);
  if (isHidden() || polling) return;
  polling = true;
  try {
    showHealth((await ask("/health")).body as Health);
    showFault(((await ask("/dev/faults")).body as { data: Fault }).data);
  } catch {
    showNothing();
  }
  polling = false;
}

async function choose(mode: string): Promise<void> {
  const wanted = {
    mode,
    ...(mode !== "none" && { seconds: byId<HTMLInputElement>("seconds").valueAsNumber }),
    ...(mode === "slow" && { delay_ms: byId<HTMLInputElement>("delay").valueAsNumber }),
  };
  put("problem", "", "bad");
  try {
    const headers = { "content-type": "application/json" };
    const { ok, body } = await ask("/dev/faults", { method: "POST", headers, body: JSON.stringify(wanted) });
    if (ok) showFault((body as { data: Fault }).data);
    else put("problem", (body as { error: { message: string } }).error.message, "bad");
  } catch {
    put("problem", "The service did not answer.", "bad");
  }
}

interface Seen {
  readonly status: string;
  readonly code: string;
  readonly retryAfter: string;
  readonly tone: Tone;
}

/** @param wantsNew Not what is kept. */
async function seen(wantsNew: boolean): Promise<Seen> {
  try {
    const headers = wantsNew ? { "cache-control": "no-store" } : {};
    const response = await fetch("/api/reports/wip-summary?group_by=state", { cache: "no-store", headers });
    const body = await response.json();
    const stands = STALE.exec(response.headers.get("Cache-Status") ?? "")?.[1];
    const code: string = stands ? `kept: ${stands}` : response.ok ? "answered" : body.error.code;
    const hint = response.headers.get("Retry-After");
    const tone = stands ? "old" : response.ok ? "good" : REFUSALS.includes(code) ? "warn" : "bad";
    return { status: String(response.status), code, retryAfter: hint === null ? "" : `${hint} s`, tone };
  } catch {
    return { status: "–", code: "no answer", retryAfter: "", tone: "bad" };
  }
}

async function probe(): Promise<void> {
  if (paused || isHidden() || inFlight >= MAX_IN_FLIGHT) return;
  inFlight += 1;
  probes += 1;
  const started = performance.now();
  const row = document.createElement("tr");
  row.append(cell(clock(new Date())), cell("…"), cell("waiting", "wrap"), cell("", "number"), cell("", "number"));
  prepend(byId("probes"), row, MAX_ROWS);
  const { status, code, retryAfter, tone } = await seen(probes % 2 === 1);
  inFlight -= 1;
  // A narrow screen may break a code behind each of its words.
  const texts = [status, code.replaceAll("_", "_\u200b"), retryAfter, `${Math.round(performance.now() - started)} ms`];
  for (const [index, text] of texts.entries()) {
    const shown = row.cells[index + 1];
    if (!shown) continue;
    shown.textContent = text;
    if (index < 2) shown.classList.add(tone);
  }
  summarise(tone);
}

function summarise(tone: Tone): void {
  const mark = document.createElement("span");
  mark.className = tone;
  byId("strip").append(mark);
  while (byId("strip").childElementCount > MAX_STRIP) byId("strip").firstElementChild?.remove();
  const marks = [...byId("strip").children];
  const counts = Object.entries(OUTCOMES).map(
    ([name, outcome]) => `${marks.filter(({ className }) => className === name).length} ${outcome}`,
  );
  byId("summary").textContent = `Of the last ${marks.length}: ${counts.join(", ")}.`;
}

for (const button of document.querySelectorAll<HTMLElement>("[data-mode]")) {
  button.addEventListener("click", () => void choose(button.dataset.mode ?? "none"));
}
byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
});
void poll();
setInterval(probe, PROBE_EVERY_MS);
