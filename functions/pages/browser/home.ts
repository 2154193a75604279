/**
 * The first page in the browser: asks for the work in progress every ten seconds, and keeps the last answer on the
 * screen while there is no new one. When to ask again is the client's to know.
 */
import { type ClientEvents, MesApi } from "tidegate/client";
import { byId, cell, clock, say } from "./elements.ts";

interface Row {
  readonly product: string;
  readonly lots: number;
  readonly wafers: number;
  readonly queued_lots: number;
  readonly running_lots: number;
  readonly on_hold_lots: number;
}

const REFRESH_MS = 10_000;
const NUMBERS = ["lots", "wafers", "queued_lots", "running_lots", "on_hold_lots"] as const;
let shownAt: Date | null = null;
let nextAt = Date.now();

function show(rows: readonly Row[]): void {
  const lines = rows.map((row) => {
    const tr = document.createElement("tr");
    tr.append(cell(row.product), ...NUMBERS.map((name) => cell(Number(row[name]).toLocaleString(), "number")));
    return tr;
  });
  byId("wip").replaceChildren(...lines);
  shownAt = new Date();
}

/** Read out, so it carries no number that changes with every second; those are below the table. */
function waiting({ message, code, until }: ClientEvents["retrying"] | ClientEvents["degraded"]): void {
  say("banner", code === null ? message : `${message} (${code})`);
  nextAt = Math.max(nextAt, until);
}

async function refresh(): Promise<void> {
  try {
    const { data } = await MesApi.get<{ data: readonly Row[] }>("/api/reports/wip-summary", {
      params: { group_by: "product" },
    });
    show(data);
    // Trouble that no code tells of, such as a network that was away, ends with the first answer.
    if (!byId("banner").textContent?.endsWith("again.")) say("banner", "");
  } catch (error) {
    say("banner", error instanceof Error ? error.message : String(error));
  }
  nextAt = Math.max(nextAt, Date.now() + REFRESH_MS);
  setTimeout(refresh, REFRESH_MS);
}

function tick(): void {
  const seconds = Math.max(0, Math.ceil((nextAt - Date.now()) / 1_000));
  const age = shownAt ? `As of ${clock(shownAt)}.` : "No answer yet.";
  say("age", seconds > 0 ? `${age} Asks again in ${seconds} s.` : `${age} Asks now.`);
}

MesApi.on("degraded", waiting);
MesApi.on("retrying", waiting);
MesApi.on("recovered", () => say("banner", "The database answers again."));
byId("origin").textContent = location.origin;
setInterval(tick, 1_000);
void refresh();
