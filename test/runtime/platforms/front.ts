/**
 * Runs as a process: hands what arrives over HTTP to a platform's handler as that platform does, and its answer back.
 * Arguments: the platform, the bundle, the port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";

const [name = "", file = "", port = ""] = process.argv.slice(2);
const bundle = await import(pathToFileURL(file).href);

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts);
}

const headersOf = ({ rawHeaders }: IncomingMessage): [string, string][] =>
  rawHeaders.flatMap((header, at) => (at % 2 === 0 ? [[header.toLowerCase(), rawHeaders[at + 1] ?? ""]] : []));

/** As the platforms that speak of `Request`: aborted when the client has gone. */
async function requestOf(incoming: IncomingMessage, response: ServerResponse): Promise<Request> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const body = await bodyOf(incoming);
  const { method = "GET", url = "/", headers } = incoming;
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: headersOf(incoming),
    signal: gone.signal,
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
}

/** API Gateway's payload of version 2.0, which function URLs send too. */
async function eventOf(incoming: IncomingMessage): Promise<object> {
  const body = await bodyOf(incoming);
  const { pathname, search } = new URL(incoming.url ?? "/", "http://front");
  const { cookie, ...headers } = Object.fromEntries(headersOf(incoming));
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: pathname,
    rawQueryString: search.slice(1),
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers,
    requestContext: {
      accountId: "123456789012",
      apiId: "front",
      domainName: incoming.headers.host,
      http: {
        method: incoming.method,
        path: pathname,
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"],
      },
      requestId: crypto.randomUUID(),
      routeKey: "$default",
      stage: "$default",
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString("base64") }),
    isBase64Encoded: body.length > 0,
  };
}

const HANDLERS: Readonly<Record<string, (incoming: IncomingMessage, response: ServerResponse) => Promise<Response>>> = {
  vercel: async (incoming, response) => {
    const request = await requestOf(incoming, response);
    request.headers.set("x-real-ip", "127.0.0.1");
    return bundle.default.fetch(request);
  },
  netlify: async (incoming, response) => bundle.default(await requestOf(incoming, response), { ip: "127.0.0.1" }),
  lambda: async (incoming) => {
    const {
      statusCode,
      headers,
      cookies = [],
      body,
      isBase64Encoded,
    } = await bundle.handler(await eventOf(incoming), {});
    const answer = new Headers(headers);
    for (const cookie of cookies) answer.append("set-cookie", cookie);
    const bytes = isBase64Encoded ? Buffer.from(body, "base64") : body;
    return new Response([204, 304].includes(statusCode) ? null : bytes, { status: statusCode, headers: answer });
  },
};

createServer(async (incoming, response) => {
  try {
    const answer = await HANDLERS[name]?.(incoming, response);
    if (!answer) throw new Error(`there is no platform ${name}`);
    const headers = [...answer.headers].flat();
    response.writeHead(answer.status, headers);
    if (answer.body && incoming.method !== "HEAD") await pipeline(Readable.fromWeb(answer.body as never), response);
    else response.end();
  } catch (error) {
    // The client has gone, or the handler has thrown: neither may end the others.
    if (!response.headersSent) response.writeHead(500);
    response.end();
    if (!response.destroyed) console.error(error);
  }
}).listen(Number(port), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
