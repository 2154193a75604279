/** One request of Fastify at a route whose answers are kept. */
import { once } from "node:events";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ambientLimits } from "../guard/ambient.ts";
import type { Entrance } from "../http/entrance.ts";
import { isKnown } from "../http/keep/answer.ts";
import type { AskKept } from "../http/keep/elsewhere.ts";
import { bytesIn, headersIn, requestOf } from "./node/bridge.ts";
import { changedHeaders, type HeadersOnNode, take } from "./node/taking.ts";
import type { RequestTide } from "./request-tide.ts";

/** A handler that runs for what is kept. */
interface Turn {
  readonly answered: PromiseWithResolvers<Response>;
  /** What is made of it; null where its caller has been answered already. */
  readonly outcome: Promise<Response> | null;
  /** Set before the handler ran: not its own. */
  readonly before: HeadersOnNode;
  /** What the caller has, by its `If-None-Match`. */
  readonly known: string | undefined;
  isOver: boolean;
}

const UNDER_WAY = new WeakMap<FastifyRequest, Turn>();

/** By which an answer is nothing for who has it already: what is kept has to be whole. */
const CONDITIONS = ["if-none-match", "if-modified-since"];

export interface KeptTurnParts<Request extends FastifyRequest> {
  readonly ask: AskKept<Request>;
  /** Its handler may be asked for nobody, once its caller has been answered. */
  readonly isRefreshed: boolean;
  readonly entrance: Entrance;
  readonly request: Request & { tide?: RequestTide | null };
  readonly reply: FastifyReply;
  readonly done: (error?: Error) => void;
}

export const send = async (reply: FastifyReply, response: Response): Promise<void> => {
  const body = await bytesIn(response);
  reply.code(response.status).headers(headersIn(response)).send(body);
};

/** In front of its handler. Never rejects. */
export async function keptTurn<Request extends FastifyRequest>(parts: KeptTurnParts<Request>): Promise<void> {
  const { ask, isRefreshed, request, reply, done } = parts;
  const outcome = Promise.withResolvers<Response>();
  // Where the handler has not run, nobody waits for it.
  outcome.promise.catch(() => {});
  const [before, known] = [reply.getHeaders(), request.headers["if-none-match"]];
  let isRun = false;
  const turn = (whose: Turn["outcome"]): Promise<Response> => {
    const answered = Promise.withResolvers<Response>();
    answered.promise.catch(() => {});
    UNDER_WAY.set(request, { answered, outcome: whose, before, known, isOver: false });
    // By who has taken the connection for itself: nobody else is to wait for it.
    const taken = () => reply.raw.writableEnded && answered.resolve(new Response(null, { status: 204 }));
    if (whose) reply.raw.once("close", taken);
    forFlight(parts);
    done();
    return answered.promise;
  };
  const run = () => {
    isRun = true;
    return turn(outcome.promise);
  };
  const rerun = async () => {
    if (!reply.raw.closed) await once(reply.raw, "close");
    const sink = take(request.raw, reply.raw, {});
    sink.abandon();
    return turn(null);
  };
  try {
    const asked = requestOf(request.raw, reply.raw, request.raw.url ?? "/");
    const response = await ask({ incoming: request, request: asked, run, rerun });
    if (isRun) outcome.resolve(response);
    else if (isRefreshed && !isFresh(response)) await sendBeside(reply, response);
    else await send(reply, response);
  } catch (error) {
    if (isRun) outcome.reject(error);
    else done(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Its handler asks for all who wait. */
function forFlight({ entrance, request }: Pick<KeptTurnParts<FastifyRequest>, "entrance" | "request">): void {
  for (const name of CONDITIONS) delete request.headers[name];
  const { requestId = "", signal: own } = request.tide ?? {};
  const { signal = own ?? new AbortController().signal } = ambientLimits();
  let db: RequestTide["db"] | undefined;
  request.tide = {
    requestId,
    signal,
    get db() {
      db ??= entrance.database(signal);
      return db;
    },
  };
}

const isFresh = ({ headers }: Response): boolean => /; ttl=\d/.test(headers.get("cache-status") ?? "");

/** Without an end of the request, which goes on for nobody. */
async function sendBeside(reply: FastifyReply, response: Response): Promise<void> {
  const body = await bytesIn(response);
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headersIn(response) })) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.statusCode = response.status;
  reply.raw.end(body);
}

/** What its handler answers. */
export async function keptAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const turn = UNDER_WAY.get(request);
  if (!turn || turn.isOver) return payload;
  turn.isOver = true;
  const answer = responseOf(request, reply, payload, turn.before);
  turn.answered.resolve(answer);
  if (turn.outcome === null) return "";
  const response = await turn.outcome.catch(() => null);
  if (response === null) {
    // Its caller has left, and those who waited have what they need.
    await answer.body?.cancel().catch(() => {});
    return "";
  }
  const status = response.headers.get("cache-status");
  if (status !== null) reply.header("cache-status", status);
  const etag = response.headers.get("etag");
  if (response.status === 200 && etag !== null && turn.known !== undefined && isKnown(etag, turn.known)) {
    await response.body?.cancel();
    reply.code(304).removeHeader("content-type").removeHeader("content-length");
    return "";
  }
  if (request.method === "HEAD" || !isStream(payload)) return payload;
  return response.body ? Readable.fromWeb(response.body as NodeStream) : "";
}

const isStream = (payload: unknown): boolean =>
  typeof payload === "object" && payload !== null && ("pipe" in payload || "getReader" in payload);

function responseOf(request: FastifyRequest, reply: FastifyReply, payload: unknown, before: HeadersOnNode): Response {
  const headers = new Headers(changedHeaders(reply.getHeaders(), before));
  const isNone = request.method === "HEAD" || payload === null || payload === undefined || payload === "";
  if (payload instanceof Response) return payload;
  const body = isNone ? null : bodyOf(payload);
  const { statusCode: status } = reply;
  return new Response(body, { status, headers });
}

function bodyOf(payload: unknown): BodyInit {
  if (!(payload instanceof Readable)) return payload as BodyInit;
  const stream = Readable.toWeb(payload) as ReadableStream<Uint8Array | string>;
  return payload.readableObjectMode || payload.readableEncoding ? stream.pipeThrough(encoded()) : (stream as BodyInit);
}

/** Node's streams may be of texts. */
function encoded(): TransformStream<Uint8Array | string, Uint8Array> {
  const encoder = new TextEncoder();
  return new TransformStream({
    transform: (part, controller) => controller.enqueue(typeof part === "string" ? encoder.encode(part) : part),
  });
}

/**
 * What is thrown behind a keep.
 *
 * @throws The same, where nothing stands in for an answer.
 */
export async function keptFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const turn = UNDER_WAY.get(request);
  if (!turn || turn.isOver) throw error;
  turn.isOver = true;
  turn.answered.reject(error);
  if (turn.outcome === null) reply.send("");
  else await send(reply, await turn.outcome);
  return reply;
}
