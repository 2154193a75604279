/** The longest body of a request: by its length where that is told, else by what comes. */
import type { MiddlewareHandler } from "hono";
import { ProblemError } from "./problem.ts";

/**
 * As Hono's own, but for two things: what is no length tells of none, and a request is read again as well where it is none
 * of the platform's, as Node's adapter hands over which leaves the globals alone.
 */
export function bodyLimit(longestBytes: number): MiddlewareHandler {
  const check = (bytes: number): void => {
    if (bytes > longestBytes)
      throw new ProblemError("PAYLOAD_TOO_LARGE", `A body may have ${longestBytes} bytes at most.`);
  };
  return async ({ req }, next) => {
    const told = req.header("transfer-encoding") === undefined ? (req.header("content-length") ?? "") : "";
    if (/^\d+$/.test(told)) check(Number(told));
    else if (req.raw.body && !req.raw.bodyUsed) req.raw = withBody(req.raw, await readWithin(req.raw.body, check));
    await next();
  };
}

/** @throws What `check` throws of a length so far; what is left is then not read. */
async function readWithin(stream: ReadableStream, check: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.byteLength;
    check(length);
    parts.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return body;
}

function withBody(request: Request, body: Uint8Array<ArrayBuffer>): Request {
  try {
    return new Request(request, { body });
  } catch {
    const { url, method, headers, signal } = request;
    return new Request(url, { method, headers, signal, body });
  }
}
