/** A platform of the test's own: a real server on 127.0.0.1 under whatever name a hook calls, that answers by script. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type Runtime, systemRuntime } from "../../../lib/runtime.ts";

/** What reached the platform, to the letter. */
export interface Request {
  /** Method, host, path and query: `POST https://api.example.com/v1/x?y=1`; where one URL takes all, what is asked too. */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: unknown;
}

/** What the platform says: `hang` never answers, `reset` breaks the connection off. */
export type Script = (request: Request, earlier: number) => Reply | "hang" | "reset";

export interface PlatformServer {
  readonly requests: readonly Request[];
  readonly lines: () => readonly string[];
  /** Whose network leads every host to the platform. */
  readonly runtime: Runtime;
}

/** @param base whose clock and timers the runtime has; default: the system's. */
export async function startPlatform(script: Script, base: Runtime = systemRuntime()): Promise<PlatformServer> {
  const requests: Request[] = [];
  const server = createServer(async (incoming, response) => {
    let body = "";
    for await (const part of incoming) body += part;
    const { "x-test-origin": origin, host: _host, ...headers } = incoming.headers;
    const request = { line: `${incoming.method} ${origin}${incoming.url}${operationOf(body)}`, headers, body };
    const reply = script(request, requests.length);
    requests.push(request);
    if (reply === "hang") return;
    if (reply === "reset") return void incoming.socket.destroy();
    const text =
      typeof reply.body === "string" ? reply.body : reply.body === undefined ? "" : JSON.stringify(reply.body);
    response.writeHead(reply.status ?? 200, { ...reply.headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const there: typeof fetch = (input, init) => {
    const { origin, pathname, search } = new URL(String(input));
    const headers = new Headers(init?.headers);
    headers.set("x-test-origin", origin);
    return fetch(here + pathname + search, { ...init, headers });
  };
  return { requests, lines: () => requests.map(({ line }) => line), runtime: { ...base, fetch: there } };
}

/** The type and name of a GraphQL operation, as in ` mutation restart`. */
const operationOf = (body: string): string => {
  const [, operation] = /^\{"query":"((?:query|mutation) \w+)/.exec(body) ?? [];
  return operation === undefined ? "" : ` ${operation}`;
};

export const never = new AbortController().signal;

/** What the ledger hands to a hook. */
export const firing = {
  id: "00000000-0000-4000-8000-000000000001",
  reason: "stuck permits",
  target: null,
  signal: never,
};
