/**
 * What the first page runs in the browser: asks for the work in progress every ten seconds, keeps the last answer on
 * the screen while there is no new one, and asks again when the service said it may.
 */
export const HOME_SCRIPT = /* js */ `
const REFRESH_MS = 10_000;
const TIMEOUT_MS = 30_000;
const byId = (id) => document.getElementById(id);
const clock = (at) => at.toLocaleTimeString("en-GB");
let shownAt = null;
let warned = false;

function cell(value, isNumber) {
  const td = document.createElement("td");
  td.textContent = isNumber ? Number(value).toLocaleString() : String(value);
  if (isNumber) td.className = "number";
  return td;
}

function show(rows) {
  const lines = rows.map((row) => {
    const tr = document.createElement("tr");
    tr.append(cell(row.product, false),
      ...["lots", "wafers", "queued_lots", "running_lots", "on_hold_lots"].map((name) => cell(row[name], true)));
    return tr;
  });
  byId("wip").replaceChildren(...lines);
  say(warned ? "The database answers again." : "");
  warned = false;
  shownAt = new Date();
}

// Read out when it changes, so it carries no number that changes with every answer.
function say(sentence) {
  if (byId("banner").textContent !== sentence) byId("banner").textContent = sentence;
}

function warn(sentence) {
  say(sentence);
  warned = true;
}

async function refresh() {
  let waitMs = REFRESH_MS;
  try {
    const response = await fetch("/api/reports/wip-summary?group_by=product",
      { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = await response.json();
    if (response.ok) show(body.data);
    else {
      const seconds = Number(response.headers.get("Retry-After")) || REFRESH_MS / 1000;
      waitMs = seconds * 1000;
      warn(body.error.message + " (" + body.error.code + ")");
    }
  } catch {
    warn("The service did not answer.");
  }
  byId("age").textContent = (shownAt ? "As of " + clock(shownAt) + "." : "No answer yet.") +
    " Asks again at " + clock(new Date(Date.now() + waitMs)) + ".";
  setTimeout(refresh, waitMs);
}
byId("origin").textContent = location.origin;
refresh();
`;
