/**
 * The browser's side of the retry contract: `MesApi`, which waits when a service says so instead of asking on.
 *
 * Map of this folder: `client` (this file) is the calls and what becomes of them; `attempt` one request, `error` what it
 * may end with; `hint` is when a service wants to be asked again, `retry` whether a call is, `budget` how often a page
 * may; `hold` is the time in which calls wait, of all or of one gate by its `addresses`, `waiting` how they do, `looks` who
 * sees that it is over sooner, `troubles` what has not ended since; `stale` tells an old answer from a new one,
 * `stale-addresses` where there was one last; `flights` are the calls under way, `listeners` who hears of them, `browser`
 * what pages have. `script` defines `window.MesApi`. Nothing of the server is here.
 */
import { type Runtime, systemRuntime } from "../runtime.ts";
import { type Answered, attempt, type Call } from "./attempt.ts";
import { absolute, ownMeta, type SharedTexts, sharedTexts } from "./browser.ts";
import { createBudget } from "./budget.ts";
import { MesApiError } from "./error.ts";
import { createFlights } from "./flights.ts";
import { hintMs, isDegraded } from "./hint.ts";
import { createHolds, gateHeldBy, type Hold, MAIN_GATE } from "./hold.ts";
import { createListeners } from "./listeners.ts";
import { createLooks } from "./looks.ts";
import { retryWaitMs } from "./retry.ts";
import { createStaleAddresses } from "./stale-addresses.ts";
import { createTroubles } from "./troubles.ts";
import type { Client, RequestOptions } from "./types.ts";
import { createWaiting } from "./waiting.ts";

export type { Runtime, Timer, TimerOptions } from "../runtime.ts";
export type { SharedTexts } from "./browser.ts";
export { type ErrorParts, MesApiError } from "./error.ts";
export type { Client, ClientEvents, ParamValue, RequestOptions, StaleAnswer, Wait } from "./types.ts";

/** What differs from the page's own client. */
export interface ClientOptions {
  /** Whether calls to this wait while its service is degraded. Default: all but `/admin` and `/health`, where people look. */
  readonly waits?: (url: URL) => boolean;
  /**
   * Path of the service's health payload, which one tab looks at every 5 to 8 s while the database's hold runs, so as to
   * end it when all is well; null: nobody looks. Default: `/health`.
   */
  readonly health?: string | null;
  /** Clock, timers, chance and network. Default: the platform's. */
  readonly runtime?: Runtime;
  /** What tabs know in common. Default: the page's `localStorage`. */
  readonly texts?: SharedTexts;
}

/**
 * A client with a retry budget of its own. A page has one, {@link MesApi}.
 *
 * @example
 * ```ts
 * const api = createClient({ waits: (url) => url.pathname.startsWith("/api/") });
 * const orders = await api.get<{ data: Order[] }>("/api/orders", { params: { open: true } });
 * ```
 */
export function createClient(options: ClientOptions = {}): Client {
  const { waits = isGuarded, health = "/health", runtime = systemRuntime(), texts = sharedTexts() } = options;
  const holds = createHolds(texts, runtime);
  const staleAddresses = createStaleAddresses(holds, runtime);
  const looks = createLooks({ health, texts, holds, staleAddresses, runtime });
  const waiting = createWaiting({ holds, staleAddresses, looks, runtime });
  const troubles = createTroubles(holds, runtime);
  const budget = createBudget();
  const flights = createFlights();
  const { emit, on } = createListeners();
  let watching = false;

  const waitUntil = (until: number) => ({ until, secondsLeft: Math.ceil((until - runtime.wallMs()) / 1_000) });

  /** Also another call, or another tab, may make it longer meanwhile. A page that was opened since hears of it here. */
  async function waitOut(call: Call, silent: boolean): Promise<void> {
    const { url } = call;
    if (!waits(url)) return;
    await waiting.out(call, ({ gate, ...hold }) => {
      if (!silent && !troubles.knows(url.origin, gate, hold.until)) heard(url.href, gate, hold);
    });
  }

  /** An old answer is a success, and no sign that anything is well again. */
  function answered({ url, method }: Call, { stale }: Answered, silent: boolean): void {
    if (stale) {
      staleAddresses.begin(url, stale);
      if (!silent) emit("stale", { url: url.href, ...stale });
      return;
    }
    budget.earn();
    if (silent) return;
    if (method === "GET" && staleAddresses.end(url)) emit("fresh", { url: url.href });
    if (!waits(url)) return;
    for (const gate of troubles.end(url)) emit("recovered", { url: url.href, gate });
  }

  function failed({ url }: Call, error: MesApiError, silent: boolean): void {
    if (!isDegraded(error) || !waits(url)) return;
    const { errorCode: code, message, requestId } = error;
    const gate = gateHeldBy(error);
    const { until } = holds.begin(url, gate, hintMs(error), { code, message });
    troubles.begin(url.origin, gate, until);
    if (!silent) emit("degraded", { url: url.href, gate, code, message, requestId, ...waitUntil(until) });
  }

  async function run(call: Call, { retries = 3, silent = false }: RequestOptions): Promise<unknown> {
    const repeatable = call.method === "GET" || call.headers.has("idempotency-key");
    const failures: MesApiError[] = [];
    for (;;) {
      await waitOut(call, silent);
      try {
        const answer = await attempt(call, runtime);
        answered(call, answer, silent);
        return answer.body;
      } catch (error) {
        if (!(error instanceof MesApiError)) throw error;
        failed(call, error, silent);
        failures.push(error);
        const waitMs = retryWaitMs(failures, { retries, repeatable }, runtime.random());
        if (waitMs === null || !budget.spend()) throw error;
        const { errorCode: code, message } = error;
        const about = { url: call.url.href, gate: gateHeldBy(error), code, message, attempt: failures.length + 1 };
        if (!silent) emit("retrying", { ...about, ...waitUntil(runtime.wallMs() + waitMs) });
        const isHeld = waits(call.url) && isDegraded(error) && about.gate === MAIN_GATE;
        await waiting.between(call, waitMs, isHeld);
      }
    }
  }

  return {
    get: async <Body>(address: string, given: RequestOptions = {}) => {
      const call = callOf("GET", address, given);
      if (given.signal) return run(call, given) as Promise<Body>;
      const { timeout, retries, silent } = given;
      const key = JSON.stringify([call.url.href, [...call.headers], timeout, retries, silent]);
      return flights.share(key, () => run(call, given)) as Promise<Body>;
    },
    post: async <Body>(address: string, data?: unknown, given: RequestOptions = {}) =>
      run(callOf("POST", address, given, JSON.stringify(data ?? null)), given) as Promise<Body>,
    on: (type, listener) => {
      if (!watching) holds.watch(heard);
      watching = true;
      return on(type, listener);
    },
  };

  function heard(url: string, gate: string, { until, code, message }: Hold) {
    troubles.begin(new URL(url).origin, gate, until);
    emit("degraded", { url, gate, code, message, requestId: null, ...waitUntil(until) });
  }
}

function callOf(method: Call["method"], address: string, given: RequestOptions, body?: string): Call {
  const url = absolute(address);
  for (const [name, value] of Object.entries(given.params ?? {})) {
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) if (one !== null && one !== undefined) url.searchParams.append(name, String(one));
  }
  const headers = new Headers({ accept: "application/json", ...given.headers });
  const token = body === undefined ? null : ownMeta(url, "csrf-token");
  const trace = headers.has("traceparent") ? null : ownMeta(url, "traceparent");
  if (body !== undefined) headers.set("content-type", "application/json");
  if (token !== null) headers.set("x-csrf-token", token);
  if (trace) headers.set("traceparent", trace);
  return {
    method,
    url,
    headers,
    ...(body !== undefined && { body }),
    timeout: given.timeout ?? 30_000,
    signal: given.signal,
  };
}

const isGuarded = ({ pathname }: URL): boolean => !/^\/(?:admin|health)(?:\/|$)/.test(pathname);

/** The page's client. */
export const MesApi: Client = createClient();
