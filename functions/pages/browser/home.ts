/**
 * The first page in the browser: asks for the work in progress every ten seconds while somebody sees it, and shows the
 * last answer with its age while there is no new one: the service's, or this browser's where that has none. When to ask
 * again is the client's to know.
 */
import { type ClientEvents, MesApi } from "tidegate/client";
import { byId, cell, clock, say } from "./elements.ts";
import { keep, kept, type Row } from "./kept.ts";

const WIP = "/api/reports/wip-summary";
const REFRESH_MS = 10_000;
const GOOD_NEWS_MS = 15_000;
/** Until then an answer is as good as new. */
const FRESH_MS = 20_000;
const AGAIN = "The database answers again.";
const AWAY = "the database is away";
/** Why there is no new answer, in words, where it is not that. */
const WHY: Readonly<Record<string, string>> = {
  DB_POOL_EXHAUSTED: "the database is busy",
  DB_QUERY_TIMEOUT: "the database is too slow",
  SERVICE_UNAVAILABLE: "the service starts, or ends",
};
const NUMBERS = ["lots", "wafers", "queued_lots", "running_lots", "on_hold_lots"] as const;
let shownAt: number | null = null;
let nextAt = 0;
/** The service asked for it, and may be well sooner. */
let holdUntil = 0;
/** Of an answer that stands in for a new one. */
let stale: ClientEvents["stale"] | null = null;

function show(rows: readonly Row[], at: number): void {
  const lines = rows.map((row) => {
    const tr = document.createElement("tr");
    tr.append(cell(row.product), ...NUMBERS.map((name) => cell(Number(row[name]).toLocaleString(), "number")));
    return tr;
  });
  byId("wip").replaceChildren(...lines);
  shownAt = at;
}

/** Read out, so it carries no number that changes with every second; those are below the table. */
function waiting({ message, code, until }: ClientEvents["retrying"] | ClientEvents["degraded"]): void {
  say("banner", code === null ? message : `${message} (${code})`);
  holdUntil = Math.max(holdUntil, until);
}

function old(answer: ClientEvents["stale"]): void {
  stale = answer;
  const { asOf, code, retryAfterSeconds } = answer;
  say("banner", `As of ${clock(new Date(asOf))}, ${why(answer)}${code === null ? "." : ` (${code}).`}`);
  holdUntil = Date.now() + (retryAfterSeconds ?? 0) * 1_000;
}

const why = ({ code }: ClientEvents["stale"]): string => WHY[code ?? ""] ?? AWAY;

function recovered(): void {
  stale = null;
  say("banner", AGAIN);
  setTimeout(() => {
    if (byId("banner").textContent === AGAIN) say("banner", "");
  }, GOOD_NEWS_MS);
}

async function refresh(): Promise<void> {
  if (document.visibilityState === "hidden") {
    document.addEventListener("visibilitychange", () => void refresh(), { once: true });
    return;
  }
  let pauseMs = REFRESH_MS;
  try {
    const { data } = await MesApi.get<{ data: readonly Row[] }>(WIP, { params: { group_by: "product" } });
    const at = stale?.asOf ?? Date.now();
    // This browser may have been told something newer than what the service has kept.
    if (!stale || shownAt === null || at > shownAt) {
      show(data, at);
      keep(data, at);
    }
    if (!stale) settled();
    // After an old answer the client waits by itself, and looks meanwhile whether there may be a new one.
    else pauseMs = 0;
  } catch (error) {
    stale = null;
    say("banner", error instanceof Error ? error.message : String(error));
  }
  nextAt = Date.now() + pauseMs;
  setTimeout(refresh, pauseMs);
}

function settled(): void {
  holdUntil = 0;
  // Trouble that no code tells of, such as a network that was away, ends with the first answer.
  if (byId("banner").textContent !== AGAIN) say("banner", "");
}

function tick(): void {
  const now = Date.now();
  const held = Math.ceil((holdUntil - now) / 1_000);
  const next = Math.ceil((nextAt - now) / 1_000);
  const plan = held > 0 ? `Asks again within ${held} s.` : next > 0 ? `Asks again in ${next} s.` : "Asking now.";
  say("age", `${age(now)} ${plan}`);
}

function age(now: number): string {
  if (shownAt === null) return "No answer yet.";
  const oldMs = now - shownAt;
  const isOld = stale !== null || oldMs >= FRESH_MS;
  return `As of ${clock(new Date(shownAt))}${isOld ? `, ${ago(oldMs)} ago` : ""}${stale ? `: ${why(stale)}` : ""}.`;
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes <= 0) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

MesApi.on("degraded", waiting);
MesApi.on("retrying", waiting);
MesApi.on("recovered", recovered);
MesApi.on("stale", old);
MesApi.on("fresh", recovered);
byId("origin").textContent = location.origin;
const last = kept(Date.now());
if (last) show(last.rows, last.at);
void refresh();
tick();
setInterval(tick, 1_000);
