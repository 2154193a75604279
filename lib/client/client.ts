/**
 * The browser's side of the retry contract: `MesApi`, which waits when a service says so instead of asking on.
 *
 * Map of this folder: `client` (this file) is the calls and what becomes of them; `attempt` one request, `error` what it
 * may end with; `hint` is when a service wants to be asked again, `retry` whether a call is, `budget` how often a page
 * may; `hold` is the time in which calls wait, of all or of one gate by its `addresses`, `troubles` what has not ended since;
 * `flights` are the calls under way, `browser` what pages have. `script` defines `window.MesApi`. Nothing of the server is
 * here.
 */
import { type Runtime, systemRuntime } from "../runtime.ts";
import { attempt, type Call, pause } from "./attempt.ts";
import { absolute, csrfToken, report, type SharedTexts, sharedTexts } from "./browser.ts";
import { createBudget } from "./budget.ts";
import { MesApiError } from "./error.ts";
import { createFlights } from "./flights.ts";
import { hintMs, isDegraded, LONGEST_HINT_MS } from "./hint.ts";
import { createHolds, gateHeldBy, type Hold } from "./hold.ts";
import { retryWaitMs } from "./retry.ts";
import { createTroubles } from "./troubles.ts";
import type { Client, ClientEvents, RequestOptions } from "./types.ts";

export type { Runtime, Timer, TimerOptions } from "../runtime.ts";
export type { SharedTexts } from "./browser.ts";
export { type ErrorParts, MesApiError } from "./error.ts";
export type { Client, ClientEvents, ParamValue, RequestOptions, Wait } from "./types.ts";

/** What differs from the page's own client. */
export interface ClientOptions {
  /** Whether calls to this wait while its service is degraded. Default: all but `/admin` and `/health`, where people look. */
  readonly waits?: (url: URL) => boolean;
  /** Clock, timers, chance and network. Default: the platform's. */
  readonly runtime?: Runtime;
  /** What tabs know in common. Default: the page's `localStorage`. */
  readonly texts?: SharedTexts;
}

/** Those who waited together do not come back together. */
const SPREAD_MS = 1_000;

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
  const { waits = isGuarded, runtime = systemRuntime(), texts = sharedTexts() } = options;
  const holds = createHolds(texts, runtime);
  const troubles = createTroubles(holds, runtime);
  const budget = createBudget();
  const flights = createFlights();
  const listeners = new Map<keyof ClientEvents, Set<(event: never) => void>>();
  let watching = false;

  function emit<Type extends keyof ClientEvents>(type: Type, event: ClientEvents[Type]): void {
    for (const listener of listeners.get(type) ?? []) {
      try {
        (listener as (event: ClientEvents[Type]) => void)(event);
      } catch (error) {
        report(error);
      }
    }
  }

  const waitUntil = (until: number) => ({ until, secondsLeft: Math.ceil((until - runtime.wallMs()) / 1_000) });

  /** Also another call, or another tab, may make it longer meanwhile. */
  async function waitOut({ url, signal }: Call): Promise<void> {
    if (!waits(url)) return;
    const giveUpAt = runtime.monotonicMs() + LONGEST_HINT_MS;
    for (let hold = holds.before(url); hold && runtime.monotonicMs() < giveUpAt; hold = holds.before(url)) {
      await pause(hold.until - runtime.wallMs() + runtime.random() * SPREAD_MS, signal, runtime);
    }
  }

  function answered({ url }: Call, silent: boolean): void {
    budget.earn();
    if (silent || !waits(url)) return;
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
      await waitOut(call);
      try {
        const body = await attempt(call, runtime);
        answered(call, silent);
        return body;
      } catch (error) {
        if (!(error instanceof MesApiError)) throw error;
        failed(call, error, silent);
        failures.push(error);
        const waitMs = retryWaitMs(failures, { retries, repeatable }, runtime.random());
        if (waitMs === null || !budget.spend()) throw error;
        const { errorCode: code, message } = error;
        const about = { url: call.url.href, gate: gateHeldBy(error), code, message, attempt: failures.length + 1 };
        if (!silent) emit("retrying", { ...about, ...waitUntil(runtime.wallMs() + waitMs) });
        await pause(waitMs, call.signal, runtime);
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
      const those = listeners.get(type) ?? new Set();
      listeners.set(type, those.add(listener));
      return () => void those.delete(listener);
    },
  };

  function heard(origin: string, gate: string, { until, code, message }: Hold) {
    troubles.begin(origin, gate, until);
    emit("degraded", { url: origin, gate, code, message, requestId: null, ...waitUntil(until) });
  }
}

function callOf(method: Call["method"], address: string, given: RequestOptions, body?: string): Call {
  const url = absolute(address);
  for (const [name, value] of Object.entries(given.params ?? {})) {
    const values = Array.isArray(value) ? value : [value];
    for (const one of values) if (one !== null && one !== undefined) url.searchParams.append(name, String(one));
  }
  const headers = new Headers({ accept: "application/json", ...given.headers });
  const token = body === undefined ? null : csrfToken(url);
  if (body !== undefined) headers.set("content-type", "application/json");
  if (token !== null) headers.set("x-csrf-token", token);
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
