/** The answers that an application need not write: to what was thrown, and to what is not there. */
import type { Context } from "hono";
import { meantBy } from "../database/handed-on.ts";
import { DatabaseError } from "../database/port.ts";
import { UNWRITTEN } from "../errors.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { EnvelopeMeta } from "./env.ts";
import { problemWritten, type WrittenProblem } from "./envelope.ts";
import { builtInto, isHttpException, isOfHono, says } from "./exception.ts";
import { pathOf } from "./own.ts";
import { codeOf, type Problem, problemOf } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";
import { retryAfterSpread } from "./retry-after.ts";
import { readingOf } from "./unreadable.ts";

export interface AnswersOptions {
  readonly appVersion: string;
  readonly production: boolean;
  readonly defaultRetryAfterMs: number;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

/** What an answer and the log say about a request. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Undefined where it has none yet. */
  readonly requestId: string | undefined;
  /** Nobody reads the answer. */
  readonly isAbandoned: boolean;
}

export interface Answers {
  readonly envelopeMeta: () => EnvelopeMeta;
  /** Never rejects. */
  readonly answerTo: (error: unknown, asked: Asked) => Promise<Response>;
  readonly respond: (error: unknown, request: Request) => Promise<Response>;
  readonly onError: (error: unknown, c: Context) => Promise<Response>;
  readonly notFound: (c: Context) => Response;
  readonly methodNotAllowed: (c: Context, allowed: string[]) => Response;
}

export function createAnswers(options: AnswersOptions): Answers {
  const { runtime, log, appVersion, production, defaultRetryAfterMs } = options;
  const retryAfterSeconds = retryAfterSpread(runtime.random);

  const envelopeMeta = () => ({ timestamp: new Date(runtime.wallMs()).toISOString(), app_version: appVersion });
  const write = (problem: Problem, { path, requestId = runtime.uuid() }: Asked): WrittenProblem =>
    problemWritten(problem, {
      requestId,
      path,
      meta: envelopeMeta(),
      production,
      defaultRetryAfterMs,
      retryAfterSeconds,
    });
  const explain = (error: unknown, asked: Asked): WrittenProblem => {
    const problem = problemOf(error);
    report(log, asked, problem, error);
    return write(problem, asked);
  };
  /**
   * Hono lays the headers of an earlier answer over those of a later one; what a problem says of itself has to stand. What
   * was set beside it stands as well, such as a cookie, but for what was said of another body.
   */
  const laidOver = (c: Context, { body, status, headers }: WrittenProblem): Response => {
    // Of a response that there is, each change makes another.
    for (const name of OF_ANOTHER) if (!c.finalized || c.res.headers.has(name)) c.header(name);
    for (const [name, value] of headers) c.header(name, value);
    return c.body(body, status);
  };
  const answer = (c: Context, problem: Problem): Response => laidOver(c, write(problem, askedBy(c)));
  const answerTo = async (error: unknown, asked: Asked) => (await answerOf(error)) ?? made(explain(error, asked));
  return {
    envelopeMeta,
    answerTo,
    respond: (error, request) =>
      answerTo(error, {
        method: request.method,
        path: new URL(request.url).pathname,
        requestId: requestIdOf(request.headers.get("x-request-id"), runtime.uuid),
        isAbandoned: request.signal?.aborted ?? false,
      }),
    onError: async (error, c) => {
      // A handler may answer by this what it has caught: who keeps answers, or ends streams, goes by the error.
      if (error instanceof Error) c.error ??= error;
      const built = await answerOf(error);
      return built ? c.newResponse(built.body, built) : laidOver(c, explain(await readingOf(error, c), askedBy(c)));
    },
    notFound: (c) => answer(c, { code: "NOT_FOUND", message: "There is nothing at this address." }),
    methodNotAllowed: (c, allowed) => {
      // What may be asked, for who asks just that (RFC 9110, 9.3.7), as HAProxy's plain `option httpchk` does.
      if (c.req.method === "OPTIONS")
        return new Response(null, { status: 204, headers: { Allow: [...allowed, "OPTIONS"].join(", ") } });
      return answer(c, {
        code: "METHOD_NOT_ALLOWED",
        message: `This address answers ${allowed.join(", ")}.`,
        headers: { Allow: allowed.join(", ") },
      });
    },
  };
}

/** What tells of an answer that there is not going to be. */
const OF_ANOTHER = [
  UNWRITTEN,
  ...["Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location"],
  ...["Content-Range", "ETag", "Last-Modified"],
];

const made = ({ body, ...head }: WrittenProblem): Response => new Response(body, head);

/** Ours, still to be written, or the words of Hono itself: an application's own answer stands. */
export async function isUnanswered(response: Response, error: Error): Promise<boolean> {
  if (response.headers.has(UNWRITTEN)) return true;
  if (!isHttpException(error)) return response.status === 500 && says(response, "Internal Server Error");
  return codeOf(error.status) !== undefined && isOfHono(response, error);
}

const askedBy = (c: Context): Asked => ({
  method: c.req.method,
  path: pathOf(c),
  requestId: c.get("requestId") as string | undefined,
  isAbandoned: c.req.raw.signal?.aborted ?? false,
});

/** Of an exception that brings its own along, or for whose status the contract has no code; else null. */
async function answerOf(error: unknown): Promise<Response | null> {
  if (!isHttpException(error)) return null;
  const built = await builtInto(error);
  if (built || codeOf(error.status) !== undefined) return built;
  return new Response(error.message, { status: error.status });
}

/** What the operator has to know is louder than what the client did; refusals are counted elsewhere. */
function report(
  log: EventLog,
  { method, path, requestId, isAbandoned }: Asked,
  problem: Problem,
  error: unknown,
): void {
  const { code, gate } = problem;
  const fields = { request_id: requestId, method, path, code, ...(gate !== undefined && { gate }) };
  const own = meantBy(error);
  if (isAbandoned) log.debug("request.abandoned", { ...fields, error });
  else if (code === "INTERNAL_ERROR") log.error("request.failed", { ...fields, error });
  else if (own instanceof DatabaseError) {
    log.warn("request.failed", { ...fields, fault: own.fault, vendor: own.vendorError() });
  } else if (UPSTREAM.has(code)) log.warn("request.failed", { ...fields, error });
  else log.debug("request.refused", fields);
}

/** What the application asks has failed, and no gate has said so. */
const UPSTREAM: ReadonlySet<Problem["code"]> = new Set(["BAD_GATEWAY", "GATEWAY_TIMEOUT"]);
