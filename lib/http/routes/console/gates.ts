/** The gates: breaker, lanes, the last minutes, and what happened to them. */
import { html } from "hono/html";
import type { GatePart, SecondPart, TransitionPart } from "../../../contract/system.ts";
import type { Section } from "./live.ts";
import { countdown, fact, type Markup, plain, state, type Tone, table, time } from "./words.ts";

const TONES: Readonly<Record<GatePart["circuit_breaker"]["state"], Tone>> = {
  CLOSED: "good",
  OPEN: "bad",
  HALF_OPEN: "warn",
};
const EVENTS_SHOWN = 10;

export function gateSection(name: string, gate: GatePart | null, nowMs: number): Section {
  // No two gates have the same.
  const id = `gate-${name.replace(/\W/g, (sign) => `-${sign.charCodeAt(0).toString(16)}-`)}`;
  const body = gate ? gateBody(name, gate, nowMs) : html`<p>${state("unknown", "soft")} Its store does not say.</p>`;
  return { id, title: `Gate ${name}`, asOf: new Date(nowMs).toISOString(), body };
}

function gateBody(name: string, gate: GatePart, nowMs: number): Markup {
  const { ping, circuit_breaker: breaker, lanes, seconds, transitions } = gate;
  const { forced, open_until: openUntil } = breaker;
  return html`<dl class="facts">
${fact("Breaker", state(plain(breaker.state), TONES[breaker.state]))}
${fact("Since", time(breaker.since))}
${openUntil && forced?.mode !== "force_open" ? fact("Lets probes pass in", countdown(openUntil, nowMs)) : ""}
${fact("Failed, of calls in the window", `${breaker.failure_count} of ${breaker.total_count}`)}
${ping ? fact("Its dependency", ping.status === "ok" ? html`${state("answers", "good")} in ${ping.latency_ms} ms` : state(ping.status === "error" ? "does not answer" : "unknown", ping.status === "error" ? "bad" : "soft")) : ""}
${forced ? fact("Forced", html`${state(plain(forced.mode), "warn")} by ${forced.actor}, for ${countdown(forced.until, nowMs)}: ${forced.reason}`) : ""}
</dl>
${table(
  `Lanes of ${name}`,
  ["Lane", "Permits", "Running", "Leased", "Waiting", "Full since"],
  Object.entries(lanes).map(([lane, { capacity, held, leased, waiting, full_since: fullSince }]) => [
    lane,
    capacity,
    held >= capacity && capacity > 0 ? html`<strong class="warn">${held}</strong>` : held,
    leased,
    waiting,
    fullSince ? time(fullSince) : "",
  ]),
  [1, 2, 3, 4],
)}
${recent(seconds, nowMs)}
<h3>What happened</h3>
${
  transitions.length === 0
    ? html`<p class="soft">Nothing yet.</p>`
    : html`<ol class="plain" reversed>${transitions
        .slice(-EVENTS_SHOWN)
        .reverse()
        .map((event) => html`<li>${time(event.at)} ${sentence(event)}</li>`)}</ol>`
}`;
}

function sentence(event: TransitionPart): string {
  switch (event.kind) {
    case "transition":
      return `from ${plain(event.from)} to ${plain(event.to)}: ${plain(event.cause)}`;
    case "override":
      return `${event.mode === "reset" ? "reset" : `set to ${plain(event.mode)}`} by ${event.actor}: ${event.reason}`;
    case "would_open":
      return `would have opened: ${plain(event.cause)}`;
    case "life":
      return "began anew: its store had lost it";
  }
}

const CHART_SECONDS = 300;
const CHART_HEIGHT = 48;

/** Calls of the last five minutes, failures and refusals among them, a bar for each five seconds; and the same in words. */
function recent(seconds: readonly SecondPart[], nowMs: number): Markup {
  const bars = inBars(seconds, nowMs);
  const total = (of: "calls" | "failures" | "refused") => seconds.reduce((sum, second) => sum + second[of], 0);
  const words = `In the last 5 minutes: ${total("calls")} calls, ${total("failures")} failed, ${total("refused")} refused.`;
  const most = Math.max(1, ...bars.map(({ calls, refused }) => calls + refused));
  const height = (count: number) => Math.round((count / most) * CHART_HEIGHT);
  return html`<h3>${words}</h3>
<svg class="chart" viewBox="0 0 ${CHART_SECONDS} ${CHART_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}">
${bars.map(({ calls, failures, refused }, at) => {
  const x = at * BAR_SECONDS;
  const [ok, bad, no] = [height(calls - failures), height(failures), height(refused)];
  const bar = (kind: string, y: number, tall: number) =>
    tall > 0 ? html`<rect class="${kind}" x="${x}" y="${CHART_HEIGHT - y - tall}" width="4" height="${tall}"/>` : "";
  return html`${bar("good", 0, ok)}${bar("bad", ok, bad)}${bar("warn", ok + bad, no)}`;
})}</svg>`;
}

const BAR_SECONDS = 5;

function inBars(seconds: readonly SecondPart[], nowMs: number) {
  const bars = Array.from({ length: CHART_SECONDS / BAR_SECONDS }, () => ({ calls: 0, failures: 0, refused: 0 }));
  for (const { at, calls, failures, refused } of seconds) {
    const agoSeconds = Math.floor(nowMs / 1_000) - Math.floor(Date.parse(at) / 1_000);
    const bar = bars[bars.length - 1 - Math.floor(Math.max(0, agoSeconds) / BAR_SECONDS)];
    if (!bar) continue;
    bar.calls += calls;
    bar.failures += failures;
    bar.refused += refused;
  }
  return bars;
}
