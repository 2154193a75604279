/**
 * The console in the browser: looks again every five seconds while somebody sees it, counts down, and sends what
 * operators decide.
 */
import { hearClock, seen, show, tick, unknown } from "./parts.ts";

const LOOK_EVERY_MS = 5_000;
const LOOK_TIMEOUT_MS = 4_500;
const SEND_TIMEOUT_MS = 30_000;
const TICK_MS = 1_000;

/** A prefix may stand before `/admin`, and a slash behind it. */
const here = location.pathname.replace(/\/+$/, "");
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

interface Sent {
  readonly method?: "POST" | "DELETE";
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Operators wait for nothing, and nothing is sent twice. An answer that is no JSON of ours is told like an error. */
async function send(path: string, { method = "POST", body, headers }: Sent) {
  const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  const response = await fetch(here + path, {
    method,
    headers: { accept: "application/json", "content-type": "application/json", "x-csrf-token": csrf, ...headers },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(sentence(error, SEND_TIMEOUT_MS));
  });
  const answer = (await response.json().catch(() => null)) as Answer | null;
  if (!response.ok) throw new Error(answer?.error?.message ?? `The service answered ${response.status}.`);
  if (answer === null) throw new Error("The service answered no JSON.");
  return answer;
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message?: string };
}

onSubmit("sign-in-form", async ({ token = "" }) => {
  await send("/api/session", { body: { token: token.trim() } });
  location.reload();
  return "";
});

/**
 * A link on another site, as in a chat or in a mail, does not send a session that is `SameSite=Strict`: who seems to be
 * nobody may be signed in all the same. Asked once, since a reload comes from here.
 */
async function signInAgain(): Promise<void> {
  const [opened] = performance.getEntriesByType("navigation");
  if (!(opened instanceof PerformanceNavigationTiming) || opened.type !== "navigate") return;
  const { ok } = await fetch(`${here}/api/session`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
  if (ok) location.reload();
}

onSubmit("restart", async ({ reason = "", target, word }) => {
  const override = word === "override";
  const { data } = await send("/api/worker/restart", {
    body: {
      reason,
      ...(target !== undefined && { target }),
      ...(override && { manual_override: true, override_acknowledged: true, override_reason: reason }),
    },
    // A double click is one restart.
    headers: { "Idempotency-Key": crypto.randomUUID() },
  });
  return String(data?.message);
});

onSubmit("breaker", async ({ gate = "", mode = "", minutes = "", reason = "", word }) => {
  if (word !== gate) throw new Error(`To confirm, type the name of the gate: ${gate}.`);
  const ttl = mode === "auto" || mode === "reset" ? {} : { ttl_seconds: Number(minutes) * 60 };
  await send("/api/breaker", { body: { gate, mode, reason, ...ttl } });
  return `The breaker of ${gate} is set.`;
});

onSubmit("forget", async ({ by = "", value = "", reason = "" }) => {
  await send("/api/kept/forget", { body: { [by]: value, reason } });
  return `What is kept under the ${by} ${value} is forgotten; every instance heeds it within a second of its next request.`;
});

byId("sign-out")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await send("/api/session", { method: "DELETE" }).catch(() => null);
  location.reload();
});

/** Of a restart that would be refused, only the override can be sent, if that passes. */
function allowRestart(): void {
  const form = byId("restart");
  const button = form?.querySelector("button");
  const may = form?.querySelector<HTMLElement>("[data-may]")?.dataset.may;
  const isOverride = form?.querySelector<HTMLInputElement>("[name=word]")?.value === "override";
  if (button) button.disabled = may === "nothing" || (may === "override" && !isOverride);
}

let looks = 0;

/** The page as it is now, as far as it is another one than what is here. */
async function look(): Promise<void> {
  const mine = ++looks;
  const trouble = await lookOnce(() => mine === looks).catch((error: unknown) => error);
  // A later look knows better.
  if (mine !== looks) return;
  if (trouble) unknown();
  say("trouble", trouble ? `No new answer: ${sentence(trouble)} What stands here is what was.` : "");
  allowRestart();
  tick();
}

async function lookOnce(isLast: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS);
  const response = await fetch(location.pathname, { headers: { "tidegate-seen": seen() }, signal });
  if (!response.ok) throw new Error(`The service answered ${response.status}.`);
  const text = await response.text();
  // Without its head: the style there has a nonce that this page's policy does not know.
  const fresh = new DOMParser().parseFromString(text.slice(text.indexOf("<body")), "text/html");
  // The session is over: its page says so.
  if (fresh.getElementById("sign-in-form")) return location.reload();
  if (!fresh.querySelector("[data-now]")) throw new Error("Somebody else answered.");
  if (isLast()) show(fresh);
}

/** Browsers have words of their own for what they could not fetch. */
function sentence(error: unknown, timeoutMs = LOOK_TIMEOUT_MS): string {
  if (error instanceof TypeError) return "The service cannot be reached.";
  if (error instanceof DOMException) return `The service did not answer within ${timeoutMs / 1_000} s.`;
  return messageOf(error);
}

if (isSignedIn) {
  const lookIfSeen = () => {
    if (document.visibilityState === "visible") void look();
  };
  byId("restart")?.addEventListener("input", allowRestart);
  hearClock(document);
  allowRestart();
  setInterval(lookIfSeen, LOOK_EVERY_MS);
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", lookIfSeen);
} else void signInAgain().catch(() => {});
