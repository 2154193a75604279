/** What every request passes: an id, the guarded database, and an answer of the contract for whatever is thrown. */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { every } from "hono/combine";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn, UNWRITTEN } from "../errors.ts";
import type { GuardedDatabase } from "../guard/guarded-database.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import type { AddressOf } from "./address/address.ts";
import type { TidegateEnv } from "./env.ts";
import { problemResponse } from "./envelope.ts";
import type { LimitRequest } from "./limit/requests.ts";
import { isOutsideContract, type Problem, ProblemError, problemOf } from "./problem.ts";
import { retryAfterSpread } from "./retry-after.ts";

/** A browser reads none of these from another origin unless it is told that it may. */
const EXPOSED_HEADERS = ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "Server-Timing"];

export interface MiddlewareOptions {
  readonly appVersion: string;
  readonly production: boolean;
  readonly corsOrigins: readonly string[];
  readonly bodyLimitBytes: number;
  readonly defaultRetryAfterMs: number;
  /** The guarded database of one request; the signal is its caller's, `unread` is aborted where nobody reads the answer. */
  readonly database: (signal: AbortSignal, unread: AbortSignal) => GuardedDatabase;
  /** Of every request, before it is served. Never throws. */
  readonly checkIfDue: () => void;
  /** False while draining, but for health: what comes now is answered `SERVICE_UNAVAILABLE`. */
  readonly accepting: (path: string) => boolean;
  readonly addressOf: AddressOf;
  readonly limitRequest: LimitRequest;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** The middleware, and the same answers for an application that wants to call them itself. */
export interface HttpShell {
  /** What every request passes. */
  readonly middleware: MiddlewareHandler<TidegateEnv>;
  /** For `app.onError`: keeps Hono from printing what was thrown. */
  readonly onError: (error: unknown, c: Context) => Response;
  /** For `app.notFound`: answers `NOT_FOUND`. */
  readonly notFound: (c: Context) => Response;
  /** For `hono/method-not-allowed`. */
  readonly methodNotAllowed: (c: Context, allowed: string[]) => Response;
}

export function createHttpShell(options: MiddlewareOptions): HttpShell {
  const { runtime, log, appVersion, production, defaultRetryAfterMs } = options;
  const retryAfterSeconds = retryAfterSpread(runtime.random);

  const envelopeMeta = () => ({ timestamp: new Date(runtime.wallMs()).toISOString(), app_version: appVersion });
  const answer = (c: Context, problem: Problem): Response => {
    const response = problemResponse(problem, {
      requestId: (c.get("requestId") as string | undefined) ?? runtime.uuid(),
      path: c.req.path,
      meta: envelopeMeta(),
      production,
      defaultRetryAfterMs,
      retryAfterSeconds,
    });
    // Hono lays the headers of an earlier answer over those of a later one; what a problem says of itself has to stand.
    c.header(UNWRITTEN);
    for (const [name, value] of response.headers) c.header(name, value);
    return response;
  };

  const onError = (error: unknown, c: Context): Response => {
    if (error instanceof HTTPException && isOutsideContract(error)) return error.getResponse();
    const problem = problemOf(error);
    report(log, c, problem, error);
    return answer(c, problem);
  };
  const notFound = (c: Context) => answer(c, { code: "NOT_FOUND", message: "There is nothing at this address." });
  const methodNotAllowed = (c: Context, allowed: string[]) =>
    answer(c, {
      code: "METHOD_NOT_ALLOWED",
      message: `This address answers ${allowed.join(", ")}.`,
      headers: { Allow: allowed.join(", ") },
    });

  const serve: MiddlewareHandler<TidegateEnv> = async (c, next) => {
    const startedAt = runtime.monotonicMs();
    options.checkIfDue();
    c.set("envelopeMeta", envelopeMeta);
    c.set("clientAddress", () => options.addressOf(c)?.text ?? null);
    const unread = new AbortController();
    c.set("db", options.database(c.req.raw.signal, unread.signal));
    let limits = {};
    try {
      if (!options.accepting(c.req.path))
        throw new ProblemError("SERVICE_UNAVAILABLE", "The service is shutting down.");
      limits = await options.limitRequest(c);
      await next();
      if (c.error && (await isUnanswered(c.res, c.error))) c.res = onError(c.error, c);
      else if (c.res.status === 404 && (await says(c.res, "404 Not Found"))) c.res = notFound(c);
    } catch (error) {
      c.res = onError(error, c);
    }
    if (isUnread(c)) dropBody(c);
    // A stream of the request's own database may have none who ends it: its source is no more than a `pull`.
    if (c.error || c.req.method === "HEAD") unread.abort(new DOMException("Nobody reads the answer.", "AbortError"));
    // Hono's own way of setting it reaches only the responses that Hono makes.
    setHeader(c, "X-Request-Id", c.get("requestId"));
    for (const [name, value] of Object.entries<string>(limits)) setHeader(c, name, value);
    setHeader(c, "Server-Timing", `total;dur=${(runtime.monotonicMs() - startedAt).toFixed(1)}`);
  };
  const limitBody = bodyLimit({
    maxSize: options.bodyLimitBytes,
    onError: () => {
      throw new ProblemError("PAYLOAD_TOO_LARGE", `A body may have ${options.bodyLimitBytes} bytes at most.`);
    },
  });

  const parts: MiddlewareHandler[] = [requestId({ generator: () => runtime.uuid() })];
  if (options.corsOrigins.length > 0) {
    const origin = options.corsOrigins.includes("*") ? "*" : [...options.corsOrigins];
    parts.push(cors({ origin, exposeHeaders: EXPOSED_HEADERS }));
  }
  return { middleware: every(...parts, serve, limitBody), onError, notFound, methodNotAllowed };
}

/** By its method, its status, or because the client has gone. */
function isUnread(c: Context): boolean {
  return c.req.method === "HEAD" || [204, 205, 304].includes(c.res.status) || c.req.raw.signal?.aborted;
}

/** Hono and its adapters forget a body that they do not send; what feeds it would wait for its reader until its deadline. */
function dropBody(c: Context): void {
  const { body } = c.res;
  if (body === null || body.locked) return;
  c.res = new Response(null, c.res);
  body.cancel().catch(() => {});
}

/** Ours, still to be written, or the words of Hono itself: an application's own answer stands. */
async function isUnanswered(response: Response, error: Error): Promise<boolean> {
  if (response.headers.has(UNWRITTEN)) return true;
  if (!(error instanceof HTTPException)) return response.status === 500 && says(response, "Internal Server Error");
  if (isOutsideContract(error) || response.status !== error.status) return false;
  return error.res ? isPlainText(response) : says(response, error.message);
}

/** Word for word, as plain text. */
async function says(response: Response, words: string): Promise<boolean> {
  return isPlainText(response) && (await response.clone().text()) === words;
}

const isPlainText = (response: Response): boolean =>
  response.headers.get("content-type")?.startsWith("text/plain") ?? false;

/** Responses of `fetch` have headers that cannot be changed, so they are copied; an upgrade cannot be. */
function setHeader(c: Context, name: string, value: string): void {
  if (c.res.status === 101) return;
  try {
    c.res.headers.set(name, value);
  } catch {
    c.header(name, value);
  }
}

/** What the operator has to know is louder than what the client did; refusals are counted elsewhere. */
function report(log: Log, c: Context, problem: Problem, error: unknown): void {
  const fields = {
    request_id: c.get("requestId") as string | undefined,
    method: c.req.method,
    path: c.req.path,
    code: problem.code,
    ...(problem.gate !== undefined && { gate: problem.gate }),
  };
  const own = ownErrorIn(error);
  if (c.req.raw.signal?.aborted) log.debug("request.abandoned", { ...fields, error });
  else if (problem.code === "INTERNAL_ERROR") log.error("request.failed", { ...fields, error });
  else if (own instanceof DatabaseError) {
    log.warn("request.failed", { ...fields, fault: own.fault, vendor: own.vendorError() });
  } else log.debug("request.refused", fields);
}
