/** The console in the browser: looks again every five seconds, counts down, and sends what operators decide. */
import { MesApi } from "../../../../client/client.ts";

const LOOK_EVERY_MS = 5_000;
const LOOK_TIMEOUT_MS = 4_500;
const TICK_MS = 1_000;

const isSignedIn = document.getElementById("act") !== null;
const byId = (id: string) => document.getElementById(id);
const say = (id: string, text: string) => {
  const element = byId(id);
  if (element && element.textContent !== text) element.textContent = text;
};
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What a form holds, by its names. */
const valuesOf = (form: HTMLFormElement): Readonly<Record<string, string>> =>
  Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));

function onSubmit(id: string, act: (values: Readonly<Record<string, string>>) => Promise<string>): void {
  const form = byId(id) as HTMLFormElement | null;
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    try {
      say("told", await act(valuesOf(form)));
      form.reset();
    } catch (error) {
      say("told", messageOf(error));
    }
    if (button) button.disabled = false;
    if (isSignedIn) void look();
  });
}

/** An answer that is no JSON of ours, or none at all, is told like an error. */
const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  MesApi.post<{ data: Record<string, unknown> }>(path, body, { headers, retries: 0 });

onSubmit("sign-in-form", async ({ token = "" }) => {
  await post("/admin/api/session", { token: token.trim() });
  location.reload();
  return "";
});

onSubmit("restart", async ({ reason = "", target, word }) => {
  const override = word === "override";
  const { data } = await post(
    "/admin/api/worker/restart",
    {
      reason,
      ...(target !== undefined && { target }),
      ...(override && { manual_override: true, override_acknowledged: true, override_reason: reason }),
    },
    // A double click is one restart.
    { "Idempotency-Key": crypto.randomUUID() },
  );
  return String(data.message);
});

onSubmit("breaker", async ({ gate = "", mode = "", minutes = "", reason = "", word }) => {
  if (word !== gate) throw new Error(`To confirm, type the name of the gate: ${gate}.`);
  const ttl = mode === "auto" || mode === "reset" ? {} : { ttl_seconds: Number(minutes) * 60 };
  await post("/admin/api/breaker", { gate, mode, reason, ...ttl });
  return `The breaker of ${gate} is set.`;
});

byId("sign-out")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  const headers = { "content-type": "application/json", "x-csrf-token": token };
  await fetch("/admin/api/session", { method: "DELETE", headers }).catch(() => null);
  location.reload();
});

/** Of a restart that would be refused, only the override can be sent. */
function allowRestart(): void {
  const form = byId("restart");
  const button = form?.querySelector("button");
  const word = form?.querySelector<HTMLInputElement>("[name=word]");
  if (button) button.disabled = byId("refusal") !== null && word?.value !== "override";
}

/** The page as it is now: what is marked as live is put in the place of what was. */
async function look(): Promise<void> {
  try {
    const response = await fetch("/admin", { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`The service answered ${response.status}.`);
    const text = await response.text();
    // Without its head: the style there has a nonce that this page's policy does not know.
    const fresh = new DOMParser().parseFromString(text.slice(text.indexOf("<body")), "text/html");
    // The session is over: its page says so.
    if (fresh.getElementById("sign-in-form")) return location.reload();
    for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${element.dataset.live}"]`);
      if (next && !element.contains(document.activeElement)) element.replaceChildren(...next.childNodes);
    }
    say("trouble", "");
  } catch (error) {
    say("trouble", `No new answer: ${messageOf(error)}`);
  }
  allowRestart();
  tick();
}

function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-until]")) {
    const leftMs = Date.parse(element.dataset.until ?? "") - Date.now();
    element.textContent = `${Math.max(0, Math.ceil(leftMs / 1_000))} s`;
  }
}

if (isSignedIn) {
  byId("restart")?.addEventListener("input", allowRestart);
  allowRestart();
  setInterval(look, LOOK_EVERY_MS);
  setInterval(tick, TICK_MS);
}
