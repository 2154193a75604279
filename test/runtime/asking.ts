/** How a deployment is asked, and its admin addresses by an admin. What it answers is held to its description. */
import { OPENAPI } from "../../functions/openapi.generated.ts";
import { holdTo } from "../support/described.ts";
import { bearer, TOKENS } from "./settings.ts";

const hold = holdTo(JSON.parse(OPENAPI));

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: cases look into payloads whose shape is what they check.
  readonly body: any;
  readonly tookMs: number;
}

export interface Asking {
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** With a JSON body where one is given. */
  admin(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export function askingOf(deployment: { readonly url: string }): Asking {
  const ask = (path: string, init?: RequestInit) => asked(new URL(path, deployment.url), init);
  return {
    ask,
    admin: (path, body, headers = {}) => {
      if (body === undefined) return ask(path, { headers: { ...bearer(TOKENS.admin), ...headers } });
      const json = { "content-type": "application/json", ...bearer(TOKENS.admin), ...headers };
      return ask(path, { method: "POST", headers: json, body: JSON.stringify(body) });
    },
  };
}

async function asked(url: URL, init?: RequestInit): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(url, { redirect: "manual", ...init });
  const text = await response.text();
  hold(init?.method ?? "GET", url.pathname, { status: response.status, headers: response.headers, text });
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : null,
    tookMs: performance.now() - startedAt,
  };
}
