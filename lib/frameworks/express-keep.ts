/** One request of Express at a route whose answers are kept. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ambientLimits } from "../guard/ambient.ts";
import type { Entrance } from "../http/entrance.ts";
import { isKnown } from "../http/keep/answer.ts";
import type { AskKept } from "../http/keep/elsewhere.ts";
import { requestOf, send } from "./node/bridge.ts";
import { type HeadersOnNode, type Taking, take } from "./node/taking.ts";
import type { RequestTide } from "./request-tide.ts";

export type Incoming = IncomingMessage & { tide?: RequestTide; readonly originalUrl?: string };

/** A handler that runs for what is kept. */
interface Turn {
  readonly taking: Taking;
  /** How its error handler goes on where nothing stands in. */
  resume?: (error: unknown) => void;
}

const UNDER_WAY = new WeakMap<IncomingMessage, Turn>();

/** By which a handler answers nothing to who has it already: what is kept has to be whole. */
const CONDITIONS = ["if-none-match", "if-modified-since"];

export interface KeptTurnParts<Request extends Incoming> {
  readonly ask: AskKept<Request>;
  readonly entrance: Entrance;
  readonly req: Request;
  readonly res: ServerResponse;
  readonly next: (error?: unknown) => void;
}

/**
 * What is thrown behind a keep is told to that first.
 *
 * @param resume Answers as ever, where nothing stands in for it.
 * @returns Whether it has been told.
 */
export function resumed(req: IncomingMessage, error: unknown, resume: (error: unknown) => void): boolean {
  const found = UNDER_WAY.get(req);
  if (!found) return false;
  UNDER_WAY.delete(req);
  found.resume = resume;
  found.taking.fail(error);
  return true;
}

/** Never rejects. */
export async function keptTurn<Request extends Incoming>(parts: KeptTurnParts<Request>): Promise<void> {
  const { ask, req, res, next } = parts;
  const known = req.headers["if-none-match"];
  const before = res.getHeaders();
  let turn: Turn | undefined;
  const run = () => {
    turn = begun(parts, before);
    next();
    return turn.taking.response;
  };
  const rerun = async () => {
    if (!res.closed) await once(res, "close");
    const { taking } = begun(parts, before);
    next();
    return taking.response;
  };
  try {
    const request = requestOf(req, res, req.originalUrl ?? req.url ?? "/");
    const response = await ask({ incoming: req, request, run, rerun });
    if (turn && !turn.resume) return await pumped(turn.taking, res, response, known);
    turn?.taking.release();
    await send(response, res);
  } catch (error) {
    turn?.taking.release();
    // Its caller has left, and those who waited have what they need.
    turn?.taking.abandon();
    if (turn?.resume) turn.resume(error);
    else if (turn) res.destroy();
    else next(error);
  } finally {
    // What is thrown later is told to nobody who could do something else.
    if (UNDER_WAY.get(req) === turn) UNDER_WAY.delete(req);
  }
}

/** From now on what is sent goes to who waits. */
function begun(
  { entrance, req, res }: Pick<KeptTurnParts<Incoming>, "entrance" | "req" | "res">,
  before: HeadersOnNode,
): Turn {
  const taking = take(req, res, before);
  for (const name of CONDITIONS) delete req.headers[name];
  const { signal: caller } = ambientLimits();
  const signal = caller ? AbortSignal.any([caller, taking.unread]) : taking.unread;
  const { requestId = "" } = req.tide ?? {};
  let db: RequestTide["db"] | undefined;
  req.tide = {
    requestId,
    signal,
    get db() {
      db ??= entrance.database(signal);
      return db;
    },
  };
  const turn = { taking };
  UNDER_WAY.set(req, turn);
  return turn;
}

/** As its handler has set it, which is more than a `Response` tells: a status that is none there, cookies apart. */
function headFrom(from: ServerResponse, res: ServerResponse, response: Response, known: string | undefined): void {
  for (const name of res.getHeaderNames()) if (!from.hasHeader(name)) res.removeHeader(name);
  for (const [name, value] of Object.entries(from.getHeaders())) if (value !== undefined) res.setHeader(name, value);
  const status = response.headers.get("cache-status");
  if (status !== null) res.setHeader("cache-status", status);
  res.statusCode = from.statusCode;
  res.statusMessage = from.statusMessage;
  const etag = response.headers.get("etag");
  if (from.statusCode !== 200 || etag === null || known === undefined || !isKnown(etag, known)) return;
  res.statusCode = 304;
  for (const name of ["content-type", "content-length", "transfer-encoding"]) res.removeHeader(name);
}

/** As it comes; its handler may go on to write it. */
async function pumped(taking: Taking, res: ServerResponse, response: Response, known: string | undefined) {
  const { body } = response;
  taking.through(() => headFrom(taking.outgoing, res, response, known));
  const isSame = taking.through(() => res.statusCode === 304);
  if (body === null || isSame) {
    await body?.cancel();
    taking.through(() => res.end());
    return taking.release();
  }
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  res.once("close", leave);
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const { value } = part;
    const isTaken = taking.through(() => res.write(value));
    if (!isTaken && !res.destroyed) await roomIn(res);
  }
  res.off("close", leave);
  taking.release();
  res.end();
}

/** Or nobody any more who would read. */
const roomIn = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const found = () => {
      res.off("drain", found).off("close", found);
      resolve();
    };
    res.on("drain", found).on("close", found);
  });
