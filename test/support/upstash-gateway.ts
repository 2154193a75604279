/** A REST gateway that speaks as Upstash does, over a real Redis, and misbehaves when it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, type Command, encoded, openCommands } from "./upstash-commands.ts";

export type Fault =
  /** Something on the way delivers the request twice; the client hears one of the answers. */
  | { readonly kind: "repeat"; readonly heard: "first" | "second" }
  /** Applied, and the connection is gone before the answer. */
  | { readonly kind: "lose" }
  | { readonly kind: "delay"; readonly ms: number }
  /** Answers by itself; nothing is applied. */
  | { readonly kind: "answer"; readonly status: number; readonly body: string }
  /** Neither applied nor answered. */
  | { readonly kind: "hang" };

export interface GatewayRequest {
  readonly path: string;
  /** The names of its commands. */
  readonly commands: readonly string[];
  readonly headers: IncomingMessage["headers"];
  /** Delivers it once more, as a network may long after; nobody hears the answer. */
  again(): Promise<void>;
}

export interface UpstashGateway {
  readonly url: string;
  readonly token: string;
  /** What has arrived, in order. */
  readonly requests: readonly GatewayRequest[];
  /** What goes wrong with the next requests, one fault each. */
  misbehave(...faults: Fault[]): void;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const TOKEN = "AXtest-rest-token==";
const UNAUTHORIZED: Answer = {
  error:
    "WRONGPASS invalid or missing auth token. See https://docs.upstash.com/redis/troubleshooting/http_unauthorized for details.",
};

export async function startUpstashGateway(redisUrl: string): Promise<UpstashGateway> {
  const commands = await openCommands(redisUrl);
  const requests: GatewayRequest[] = [];
  const faults: Fault[] = [];

  async function apply(path: string, body: unknown, base64: boolean): Promise<Reply> {
    const shown = (answer: Answer) => ("error" in answer ? answer : { result: encoded(answer.result, base64) });
    if (path === "/") {
      const answer = await commands.one(body as Command);
      return { status: "error" in answer ? 400 : 200, body: shown(answer) };
    }
    if (path === "/pipeline") {
      const answers: Answer[] = [];
      for (const command of body as Command[]) answers.push(await commands.one(command));
      return { status: 200, body: answers.map(shown) };
    }
    if (path === "/multi-exec") {
      const answers = await commands.atomically(body as Command[]);
      return "error" in answers || "result" in answers
        ? { status: 400, body: answers }
        : { status: 200, body: answers.map(shown) };
    }
    return { status: 404, body: { error: "Not Found" } };
  }

  /** What the client is to hear; null where it hears nothing more. */
  async function handle(request: IncomingMessage): Promise<Reply | null> {
    const path = request.url ?? "/";
    const text = await textOf(request);
    const body = parsed(text);
    if (body === undefined) return { status: 400, body: { error: "ERR failed to parse command" } };
    const deliver = () => apply(path, body, request.headers["upstash-encoding"] === "base64");
    const again = async () => {
      await deliver();
    };
    requests.push({ path, commands: namesOf(path, body), headers: request.headers, again });
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: UNAUTHORIZED };
    const fault = faults.shift();
    if (fault?.kind === "hang") return null;
    if (fault?.kind === "answer") return { status: fault.status, body: fault.body };
    if (fault?.kind === "delay") await sleep(fault.ms);
    const first = await deliver();
    if (fault?.kind === "lose") request.socket.destroy();
    if (fault?.kind !== "repeat") return first;
    const second = await deliver();
    return fault.heard === "first" ? first : second;
  }

  const server = createServer((request, response) => {
    handle(request)
      .catch((error: unknown): Reply => ({ status: 500, body: { error: String(error) } }))
      .then((reply) => reply && send(response, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: TOKEN,
    requests,
    misbehave: (...more) => {
      faults.push(...more);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await commands.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Upstash takes numbers and booleans of a command as their texts. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (_, value) =>
      typeof value === "number" || typeof value === "boolean" ? String(value) : value,
    );
  } catch {
    return undefined;
  }
}

function namesOf(path: string, body: unknown): string[] {
  const commands = path === "/" ? [body] : body;
  return (commands as Command[]).map(([name = ""]) => name.toUpperCase());
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
