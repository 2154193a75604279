/** What every request passes: an id, the guarded database, and an answer of the contract for whatever is thrown. */
import type { Context, MiddlewareHandler } from "hono";
import { every } from "hono/combine";
import { cors } from "hono/cors";
import { routePath } from "hono/route";
import { withinRequest } from "../guard/ambient.ts";
import type { GuardedDatabase } from "../guard/database/guarded-database.ts";
import { Reader } from "../guard/database/reader.ts";
import { TRACE_RESPONSE } from "../telemetry/request.ts";
import type { AddressOf } from "./address/address.ts";
import { type Answers, type AnswersOptions, createAnswers, isUnanswered } from "./answers.ts";
import { bodyLimit } from "./body-limit.ts";
import { type AdmissionOptions, type Admit, admission, type Entrance } from "./entrance.ts";
import type { TidegateEnv } from "./env.ts";
import { says } from "./exception.ts";
import { type OwnPart, ownPart, ownPartOf } from "./own.ts";
import { requestIdOf } from "./request-id.ts";
import type { RecordRequest } from "./request-timing.ts";
import { routeOf } from "./route.ts";
import { setHeader } from "./set-header.ts";
import { requestTracing, type TracedOptions, traced } from "./traced.ts";

/** To look whether there is one after all has all of a request made, which Node's adapter would leave alone. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);
/** A browser reads none of these from another origin unless it is told that it may. */
const EXPOSED_HEADERS = [
  ...["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "Server-Timing"],
  ...["Age", "Cache-Status", "Tidegate-As-Of"],
];

export interface MiddlewareOptions extends AnswersOptions, AdmissionOptions, TracedOptions {
  readonly corsOrigins: readonly string[];
  readonly bodyLimitBytes: number;
  /** The guarded database of one request. */
  readonly database: (reader: Reader) => GuardedDatabase;
  readonly addressOf: AddressOf;
  /** Told of each request, once it was answered. */
  readonly recordRequest: RecordRequest;
}

/** The answers that an application without a word of its own gives. */
export interface HttpShell {
  /**
   * The contract's answer to whatever was thrown, for handlers of any framework that speaks `Request` and `Response`; what
   * is nobody's fault but the service's is logged. Never rejects.
   *
   * @param error A refusal, an error of the database, a `ProblemError`, or what others throw: `INTERNAL_ERROR`.
   * @param request Whose `X-Request-Id` the answer has, or else a new one.
   * @example
   * ```ts
   * async function GET(request: Request) {
   *   try {
   *     return Response.json(await tide.db.with({ signal: request.signal }).query`select * from orders`);
   *   } catch (error) {
   *     return tide.respond(error, request);
   *   }
   * }
   * ```
   */
  readonly respond: (error: unknown, request: Request) => Promise<Response>;
  /** For `app.onError`: keeps Hono from printing what was thrown. An answer that an exception brings along stands. */
  readonly onError: (error: unknown, c: Context) => Promise<Response>;
  /** For `app.notFound`: answers `NOT_FOUND`. */
  readonly notFound: (c: Context) => Response;
  /** For `hono/method-not-allowed`: answers `METHOD_NOT_ALLOWED`, and `OPTIONS` with what is allowed. */
  readonly methodNotAllowed: (c: Context, allowed: string[]) => Response;
}

export interface ServingShell {
  /** What every request passes, once. */
  readonly middleware: MiddlewareHandler<TidegateEnv>;
  /** For the routes of Tidegate itself: the same, unless the application has it in front of them. */
  readonly own: (part: OwnPart) => MiddlewareHandler;
  readonly answers: HttpShell;
  /** What there is for frameworks of others. */
  readonly entrance: Entrance;
}

/** The middleware of instances that a request has begun to pass. */
const PASSED = "tidegate:passed";
const passedBy = (c: Context): readonly MiddlewareHandler[] | undefined => c.get(PASSED);

export function createHttpShell(options: MiddlewareOptions): ServingShell {
  const { runtime, bodyLimitBytes } = options;
  const { envelopeMeta, answerTo, ...answers } = createAnswers(options);
  const admit = admission(options);
  const requestId = (sent: string | undefined) => requestIdOf(sent, runtime.uuid);
  const named: MiddlewareHandler = async (c, next) => {
    const id = requestId(c.req.header("x-request-id"));
    c.set("requestId", id);
    c.header("X-Request-Id", id);
    await next();
  };
  const parts: MiddlewareHandler[] = [named];
  const tracing = requestTracing(options);
  if (options.corsOrigins.length > 0) {
    const origin = options.corsOrigins.includes("*") ? "*" : [...options.corsOrigins];
    parts.push(cors({ origin, exposeHeaders: [...EXPOSED_HEADERS, ...(options.tracing ? [TRACE_RESPONSE] : [])] }));
  }
  const limitBody = bodyLimit(bodyLimitBytes);
  // Nothing is returned but an answer: what `next` gives, Hono would take for one where a handler has given none.
  const limited: MiddlewareHandler = async (c, next) =>
    void (await (BODILESS.has(c.req.method) ? next() : limitBody(c, next)));
  const serve = serving({ ...options, ...answers, envelopeMeta, admit });
  parts.push(tracing ? traced(tracing, serve) : serve);
  const middleware = passedOnce(every(...parts, limited));
  const own = (part: OwnPart) =>
    ownPart(part, async (c, next) => (passedBy(c) ? void (await next()) : middleware(c, next)));
  const entrance: Entrance = {
    admit,
    requestId,
    answerTo,
    database: (signal) => options.database(new Reader(() => signal)),
    middleware: passedOnce(every(...parts)),
    tracing,
    now: runtime.monotonicMs,
    recordRequest: options.recordRequest,
  };
  return { middleware, own, answers, entrance };
}

/** An application may have it in front of a part, and of all. */
function passedOnce(whole: MiddlewareHandler): MiddlewareHandler<TidegateEnv> {
  return async (c, next) => {
    const passed = passedBy(c) ?? [];
    if (passed.includes(whole)) return void (await next());
    (c as Context).set(PASSED, [...passed, whole]);
    return whole(c, async () => void (await next()));
  };
}

type ServingOptions = MiddlewareOptions &
  Pick<Answers, "envelopeMeta" | "onError" | "notFound"> & { readonly admit: Admit };

function serving(options: ServingOptions): MiddlewareHandler<TidegateEnv> {
  const { runtime, envelopeMeta, onError, notFound } = options;
  return async (c, next) => {
    const startedAt = runtime.monotonicMs();
    c.set("envelopeMeta", envelopeMeta);
    c.set("clientAddress", () => options.addressOf(c)?.text ?? null);
    const reader = new Reader(() => c.req.raw.signal);
    c.set("db", options.database(reader));
    let limits = {};
    try {
      limits = await options.admit(c, ownPartOf(c));
      await withinRequest(reader, next);
      checkAnswered(c);
      if (c.error && (await isUnanswered(c.res, c.error))) c.res = await onError(c.error, c);
      else if (c.res.status === 404 && (await says(c.res, "404 Not Found"))) c.res = notFound(c);
    } catch (error) {
      c.res = await onError(error, c);
    }
    if (isUnread(c)) dropBody(c);
    // A stream of the request's own database may have none who ends it: its source is no more than a `pull`.
    if (c.error || c.req.method === "HEAD") reader.abandon(new DOMException("Nobody reads the answer.", "AbortError"));
    // Hono's own way of setting it reaches only the responses that Hono makes.
    setHeader(c, "X-Request-Id", c.get("requestId"));
    for (const [name, value] of Object.entries<string>(limits)) setHeader(c, name, value);
    const tookMs = runtime.monotonicMs() - startedAt;
    setHeader(c, "Server-Timing", timings(c, tookMs));
    options.recordRequest({
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      tookMs,
      scheme: c.req.url.startsWith("https:") ? "https" : "http",
    });
  };
}

/** @throws TypeError naming the route, where Hono's own complaint would name nothing, and come when all is over. */
function checkAnswered(c: Context): void {
  const isResponse = c.finalized && typeof c.res?.status === "number" && typeof c.res.headers?.get === "function";
  if (isResponse) return;
  if (c.finalized) {
    // Hono would read the headers of what is there.
    c.res = undefined;
    c.res = new Response(null, { status: 500 });
  }
  throw new TypeError(
    `${c.req.method} ${routePath(c)}: a handler must return a Response, and a middleware await next(); nothing was answered`,
  );
}

/** By its method, its status, or because the client has gone. */
function isUnread(c: Context): boolean {
  return c.req.method === "HEAD" || [204, 205, 304].includes(c.res.status) || hasLeft(c);
}

/** Asked without a signal where Node's own objects are at hand: most requests need none. */
function hasLeft({ env, req }: Context): boolean {
  const { outgoing } = (env ?? {}) as { readonly outgoing?: { readonly destroyed?: boolean } };
  return outgoing?.destroyed ?? req.raw.signal?.aborted ?? false;
}

/** Hono and its adapters forget a body that they do not send; what feeds it would wait for its reader until its deadline. */
function dropBody(c: Context): void {
  const { body } = c.res;
  if (body === null || body.locked) return;
  c.res = new Response(null, c.res);
  body.cancel().catch(() => {});
}

/** Beside what the application has measured. A response may be one that was answered before, with a total of its own. */
function timings(c: Context, totalMs: number): string {
  const total = `total;dur=${totalMs.toFixed(1)}`;
  const measured = c.res.headers.get("Server-Timing");
  if (measured === null) return total;
  const others = measured.split(/,\s*/).filter((entry) => entry !== "" && !/^total\s*(?:;|$)/.test(entry));
  return [...others, total].join(", ");
}
