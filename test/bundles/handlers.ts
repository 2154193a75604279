/** The bundles of functions, each called in a Node of its own as its platform calls it. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const REPORT = "/api/reports/wip-summary?limit=1";

/** A request. */
const HANDLERS = `
const path = ${JSON.stringify(REPORT)};
const url = "https://demo.example" + path;
let told = 0;
const waitUntil = () => void told++;
globalThis[Symbol.for("@vercel/request-context")] = { get: () => ({ waitUntil }) };
const asked = {
  vercel: async ({ default: { fetch } }) => fetch(new Request(url, { headers: { "x-real-ip": "192.0.2.1" } })),
  netlify: async ({ default: handle }) => handle(new Request(url), { ip: "192.0.2.1", waitUntil }),
  lambda: async ({ handler }) => {
    const [rawPath, rawQueryString] = path.split("?");
    const http = { method: "GET", path: rawPath, sourceIp: "192.0.2.1" };
    const requestContext = { domainName: "demo.example", http };
    const event = { version: "2.0", rawPath, rawQueryString, headers: {}, requestContext, isBase64Encoded: false };
    const { statusCode, headers, body } = await handler(event);
    return new Response(body, { status: statusCode, headers });
  },
};
asked.streaming = async ({ streaming }) => {
  const [rawPath, rawQueryString] = path.split("?");
  const requestContext = { domainName: "demo.example", http: { method: "GET", path: rawPath, sourceIp: "192.0.2.1" } };
  const parts = [];
  const stream = new (await import("node:stream")).Writable({
    write: (part, _, next) => {
      parts.push(part);
      next();
    },
  });
  await streaming({ version: "2.0", rawPath, rawQueryString, headers: {}, requestContext, isBase64Encoded: false }, stream);
  return new Response(Buffer.concat(parts), { status: stream.said.statusCode, headers: stream.said.headers });
};
globalThis.awslambda = {
  streamifyResponse: (handle) => handle,
  HttpResponseStream: { from: (stream, said) => Object.assign(stream, { said }) },
};
const [name, file] = process.argv.slice(2);
const response = await asked[name](await import(file));
const { success, data, error } = await response.json();
console.log("answered " + JSON.stringify({ status: response.status, limit: response.headers.get("ratelimit-policy"), success, rows: data?.length, error, told }));
process.exit(0);
`;

/** What Lambda's scheduler sends. */
const SCHEDULED = `
import { Writable } from "node:stream";
globalThis.awslambda = { streamifyResponse: (handle) => handle };
const [name, file] = process.argv.slice(2);
const { [name]: handle } = await import(file);
const stream = new Writable({ write: (_part, _encoding, next) => next() });
await handle({ source: "aws.scheduler", "detail-type": "Scheduled Event" }, stream, {});
console.log("answered " + JSON.stringify({ ended: stream.writableEnded }));
process.exit(0);
`;

type Environment = Readonly<Record<string, string>>;

/**
 * What the bundle in `folder` answers to {@link REPORT}.
 *
 * @param way A platform, or `streaming`, Lambda's other handler.
 */
export const asked = (folder: string, way: string, env: Environment) => answerOf(HANDLERS, folder, way, env);

/** @param way The name of one of Lambda's handlers. */
export const scheduled = (folder: string, way: string, env: Environment) => answerOf(SCHEDULED, folder, way, env);

async function answerOf(script: string, folder: string, way: string, env: Environment): Promise<unknown> {
  const ask = join(folder, "ask.mjs");
  writeFileSync(ask, script);
  const options = { cwd: folder, env: { PATH: process.env.PATH ?? "", ...env }, timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [ask, way, join(folder, "index.js")], options);
  return JSON.parse(/^answered (.*)$/m.exec(stdout)?.[1] ?? "null");
}
