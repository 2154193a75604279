/** A client in a tab whose time is the test's, and a service that answers by script. */

import type { SharedTexts } from "../../lib/client/browser.ts";
import { createClient } from "../../lib/client/client.ts";
import type { ClientEvents } from "../../lib/client/types.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, all else as JSON. */
  readonly body?: unknown;
}

/** `hang` never answers, `gone` cannot be reached. */
export type Script = (url: URL, call: number) => Answer | "hang" | "gone";

/** @param gate Whose it is; left out where it is no gate's. */
export const problem = (code: string, status = 503, hint?: number, gate?: string): Answer => ({
  status,
  headers: { "x-request-id": "req-1", ...(hint !== undefined && { "retry-after": String(hint) }) },
  body: {
    success: false,
    error: { code, message: `${code}, in words.` },
    meta: { ...(gate !== undefined && { gate }) },
  },
});

export const fine: Answer = { body: { success: true, data: [1] } };

/** An answer that stands in for a new one. */
export const old = (hint: number | null, code = "CIRCUIT_BREAKER_OPEN", ageSeconds = 90): Answer => {
  const asOf = new Date(Date.UTC(2026, 0, 1) - ageSeconds * 1_000).toISOString();
  return {
    headers: {
      age: String(ageSeconds),
      "cache-status": `tidegate; hit; fwd=stale; detail=${code}`,
      "tidegate-as-of": asOf,
      ...(hint !== null && { "retry-after": String(hint) }),
    },
    body: {
      success: true,
      data: [0],
      meta: { stale: { as_of: asOf, age_seconds: ageSeconds, code, retry_after_seconds: hint } },
    },
  };
};

/** What the tabs of a browser share. */
export function browserOf(runtime: ManualRuntime = manualRuntime()) {
  const stored = new Map<string, string>();
  const tabs: { wrote: (key: string, text: string | null) => void }[] = [];
  return {
    runtime,
    stored,
    /** A tab's view: a change is told to the other tabs alone, as `storage` events are. */
    texts: (): SharedTexts => {
      const listeners: ((key: string, text: string | null) => void)[] = [];
      const tab = {
        wrote: (key: string, text: string | null) => {
          for (const listener of listeners) listener(key, text);
        },
      };
      tabs.push(tab);
      return {
        read: (key) => stored.get(key) ?? null,
        write: (key, text) => {
          stored.set(key, text);
          for (const other of tabs) if (other !== tab) other.wrote(key, text);
        },
        remove: (key) => {
          // As in browsers: where nothing was, nothing has gone.
          if (!stored.delete(key)) return;
          for (const other of tabs) if (other !== tab) other.wrote(key, null);
        },
        watch: (listener) => void listeners.push(listener),
      };
    },
  };
}

/** `atMs` of a call counts from the scene's start. @param health Where the client looks while calls are held. */
export function tab(script: Script, { runtime, texts } = browserOf(), health: string | null = null) {
  const calls: { atMs: number; line: string; headers: Headers; body: unknown }[] = [];
  const events: { type: keyof ClientEvents; [key: string]: unknown }[] = [];
  const fetching: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const { method, body } = init ?? {};
    calls.push({
      ...{ atMs: runtime.monotonicMs(), line: `${method} ${url.pathname}${url.search}` },
      ...{ headers: new Headers(init?.headers), body },
    });
    const answer = script(url, calls.length);
    if (answer === "gone") throw new TypeError("fetch failed");
    if (answer === "hang") {
      return new Promise((_, reject) => {
        const stop = () => reject(init?.signal?.reason);
        if (init?.signal?.aborted) stop();
        else init?.signal?.addEventListener("abort", stop, { once: true });
      });
    }
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return new Response(text, { status: answer.status ?? 200, headers: { ...answer.headers } });
  };
  const client = createClient({ runtime: { ...runtime, fetch: fetching }, texts: texts(), health });
  for (const type of ["degraded", "retrying", "recovered", "stale", "fresh"] as const) {
    client.on(type, (event) => void events.push({ type, ...event }));
  }
  return {
    client,
    runtime,
    calls,
    events,
    get: (path: string, options?: Parameters<typeof client.get>[1]) =>
      client.get(`https://plant.example${path}`, options),
    post: (path: string, data?: unknown, options?: Parameters<typeof client.post>[2]) =>
      client.post(`https://plant.example${path}`, data, options),
    /** The promise's end, however long its waits are. */
    async end<Value>(promise: Promise<Value>, withinMs = 300_000): Promise<{ value?: Value; error?: unknown }> {
      let result: { value?: Value; error?: unknown } | undefined;
      promise.then(
        (value) => {
          result = { value };
        },
        (error: unknown) => {
          result = { error };
        },
      );
      for (let passedMs = 0; passedMs <= withinMs; passedMs += 100) {
        await runtime.advance(passedMs === 0 ? 0 : 100);
        if (result) return result;
      }
      throw new Error(`no end within ${withinMs} ms`);
    },
    times: () => calls.map(({ atMs }) => atMs),
  };
}
