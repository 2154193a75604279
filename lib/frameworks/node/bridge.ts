/** Requests of Node as those of `fetch`, for the few that Tidegate answers itself in a framework on Node. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { ProblemError } from "../../http/problem.ts";
import { callerOf } from "./visit.ts";

/** What is more would become a part of the path, or somebody's login. */
const HOST = /^[\w.:[\]~-]+$/;

/** Of some frameworks, where something before has read the body. */
type Incoming = IncomingMessage & { readonly body?: unknown };

/**
 * @param url From the path on, as the application that answers it knows it.
 * @throws ProblemError `VALIDATION_ERROR` for an address that is none.
 */
export function requestOf(incoming: Incoming, outgoing: ServerResponse, url: string): Request {
  const { method = "GET", socket } = incoming;
  // HTTP/1.0 needs none, and checks of balancers send an empty one.
  const host = incoming.headers.host || incoming.headers[":authority"] || "localhost";
  const address = `${(socket as Partial<TLSSocket>).encrypted ? "https" : "http"}://${host}${url}`;
  if (!HOST.test(String(host)) || !url.startsWith("/") || !URL.canParse(address)) {
    throw new ProblemError("VALIDATION_ERROR", "The address of the request, or its Host, is none.");
  }
  const headers = headersOf(incoming);
  const common = { method, headers, signal: callerOf(outgoing) };
  if (method === "GET" || method === "HEAD") return new Request(address, common);
  if (!incoming.readableDidRead) {
    return new Request(address, {
      ...common,
      body: Readable.toWeb(incoming) as ReadableStream,
      duplex: "half",
    } as RequestInit);
  }
  for (const name of ["content-length", "transfer-encoding", "content-encoding"]) headers.delete(name);
  return new Request(address, { ...common, body: bodyRead(incoming.body) });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    // Those of HTTP/2 that are none.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[at + 1] ?? "");
  }
  return headers;
}

/** What a parser has made of it, as it was. */
function bodyRead(body: unknown): string | Uint8Array<ArrayBuffer> | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

/** What an answer says of itself, with each cookie for itself. */
export function headersIn(response: Response): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  return headers;
}

export const bytesIn = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

/** Sends an answer of Tidegate's own, which are all short. */
export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const body = await bytesIn(response);
  if (outgoing.headersSent) return;
  outgoing.statusCode = response.status;
  for (const [name, value] of Object.entries(headersIn(response))) outgoing.setHeader(name, value);
  outgoing.end(body);
}
