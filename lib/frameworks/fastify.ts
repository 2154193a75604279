/**
 * Fastify: handlers run for their caller, refusals become answers, and Tidegate's own routes are mounted by a prefix. It
 * is imported for its types alone.
 */
import type {
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  onSendHookHandler,
  preHandlerHookHandler,
} from "fastify";
import type { Asked } from "../http/answers.ts";
import { entranceOf } from "../http/entrance.ts";
import { type KeepOptions, keeper } from "../http/keep/elsewhere.ts";
import type { LimitHeaders } from "../http/limit/requests.ts";
import { TAKEN_OFF } from "../http/own.ts";
import { OWN_PATTERNS } from "../http/routes/routes.ts";
import type { Tidegate } from "../tidegate.ts";
import { keptAnswer, keptFailure, keptTurn, send } from "./fastify-keep.ts";
import { translated } from "./foreign.ts";
import { requestOf } from "./node/bridge.ts";
import { askedOf, headerOf, REQUEST_ID, Visit } from "./node/visit.ts";
import { mountsOf } from "./own-paths.ts";
import type { RequestTide } from "./request-tide.ts";

export type { KeepOptions } from "../http/keep/elsewhere.ts";
export type { Tidegate } from "../tidegate.ts";
export type { RequestTide } from "./request-tide.ts";

interface Visited {
  tide?: RequestTide | null;
}

const asked = (request: FastifyRequest, reply: FastifyReply, requestId: string): Asked =>
  askedOf(request.raw, reply.raw, requestId);

/**
 * What every request passes: a request id, the limit of requests for each client, a refusal while draining. Handlers find
 * {@link RequestTide} as `request.tide`, and what a facade guards ends when the caller leaves. It holds for the instance
 * that it is registered at, and all in it. The limit of bodies, CORS and compression are Fastify's.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { errorHandler, plugin, routes } from "tidegate/fastify";
 *
 * const server = Fastify();
 * server.register(plugin(tide));
 * server.register(routes(tide));
 * server.setErrorHandler(errorHandler(tide));
 * ```
 */
export function plugin(tide: Tidegate): FastifyPluginCallback {
  const entrance = entranceOf(tide, "plugin");
  const mounts = mountsOf(tide);
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply, { requestId }: Visit): void =>
    void entrance.answerTo(error, asked(request, reply, requestId)).then((answer) => send(reply, answer));
  const guard: FastifyPluginCallback = (app, _options, done) => {
    app.decorateRequest("tide", null);
    app.addHook("onRequest", (request: FastifyRequest & Visited, reply, next) => {
      // What is Tidegate's own passes the same where it is answered.
      if (mounts.isOwn(request.raw.url ?? "/")) return next();
      const visit = new Visit(entrance, request.raw, reply.raw);
      request.tide = visit;
      const route = () => request.routeOptions.url;
      visit.timed(route);
      visit.traced(route);
      reply.header(REQUEST_ID, visit.requestId);
      try {
        const admitted = entrance.admit(visit, null);
        if (!(admitted instanceof Promise)) return enter(reply, visit, admitted, next);
        admitted
          .then((headers) => enter(reply, visit, headers, next))
          .catch((error) => refuse(error, request, reply, visit));
      } catch (error) {
        refuse(error, request, reply, visit);
      }
    });
    done();
  };
  // As fastify-plugin says it: for the instance that registers it, and not for one of its own.
  return Object.assign(guard, {
    [Symbol.for("skip-override")]: true,
    [Symbol.for("fastify.display-name")]: "tidegate",
  });
}

function enter(reply: FastifyReply, visit: Visit, headers: LimitHeaders, next: () => void): void {
  for (const name in headers) reply.header(name, headers[name]);
  visit.within(next);
}

/** What a kept route is registered with, beside what else it has. */
export interface KeptRoute {
  /** Answers from what is kept, or has the handler answer for all who ask at the same time. */
  readonly preHandler: preHandlerHookHandler;
  /** Hears what the handler answers. */
  readonly onSend: onSendHookHandler;
  /**
   * Hears what it throws, and answers where something stands in for it.
   *
   * @throws The same, for the error handler round it.
   */
  readonly errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/**
 * Keeps the answers of a GET route, as `tide.keep` does: identical requests at the same time become one, and while the
 * database is away the last good answer stands in for a refusal, marked as such. Behind {@link plugin}; a login stands
 * before it, in a hook of the instance or as `onRequest` of the route.
 *
 * @throws TypeError for what `tidegate()` has not made, and for options that are wrong.
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { errorHandler, keep, plugin, tideOf } from "tidegate/fastify";
 *
 * const server = Fastify();
 * server.register(plugin(tide));
 * server.setErrorHandler(errorHandler(tide));
 * server.get("/stock", keep(tide, { staleSeconds: 3_600 }), (request) => tideOf(request).db.query`select * from stock`);
 * ```
 */
export function keep<Request extends FastifyRequest = FastifyRequest>(
  tide: Tidegate,
  options: KeepOptions<Request> = {},
): KeptRoute {
  const entrance = entranceOf(tide, "keep");
  const ask = keeper<Request>(tide.keep, options);
  const isRefreshed = options.refresh === "background";
  return {
    preHandler: (request: FastifyRequest & Visited, reply, done) => {
      if (request.method !== "GET" && request.method !== "HEAD") return done();
      tideOf(request);
      void keptTurn({ ask, isRefreshed, entrance, request: request as Request & Visited, reply, done });
    },
    onSend: keptAnswer,
    errorHandler: keptFailure,
  };
}

/**
 * Tidegate's own routes, `/health`, `/admin`, `/metrics` and what is below them, behind the prefix that they are
 * registered with.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { routes } from "tidegate/fastify";
 *
 * const server = Fastify();
 * server.register(routes(tide), { prefix: "/ops" }); // /ops/health, /ops/admin, …
 * ```
 */
export function routes(tide: Tidegate): FastifyPluginCallback {
  const entrance = entranceOf(tide, "routes");
  const mounts = mountsOf(tide);
  const own = tide.routes();
  return (app, _options, done) => {
    const segments = app.prefix.split("/").length - 1;
    mounts.add(app.prefix);
    // Bodies of /admin are read where they are checked.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, body, parsed) => parsed(null, body));
    const answer = async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<Response> => {
      const [prefix, path] = splitAfter(raw.url ?? "/", segments);
      const bindings = { incoming: raw, [TAKEN_OFF]: prefix };
      return own.fetch(requestOf(raw, reply.raw, path), bindings);
    };
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const requestId = entrance.requestId(headerOf(request.raw, REQUEST_ID));
      const response = await answer(request, reply).catch((error: unknown) =>
        entrance.answerTo(error, asked(request, reply, requestId)),
      );
      await send(reply, response);
      return reply;
    };
    const patterns = OWN_PATTERNS.flatMap((pattern) =>
      pattern.endsWith("/*") ? [pattern.slice(0, -"/*".length), pattern] : [pattern],
    );
    for (const pattern of patterns) app.all(pattern, handler);
    done();
  };
}

/** A prefix may have parameters; its parts are counted. */
function splitAfter(url: string, segments: number): readonly [prefix: string, rest: string] {
  let at = 0;
  for (let passed = 0; passed < segments && at !== -1; passed++) at = url.indexOf("/", at + 1);
  return at === -1 ? ["", url] : [url.slice(0, at), url.slice(at)];
}

/**
 * Answers what handlers have thrown as the contract says it: refusals, errors of the database and a `ProblemError` by
 * their code, what Fastify and its plugins say of a request (`statusCode`, and what its schemas find) by the code of that
 * status, anything else as `INTERNAL_ERROR`, which is logged. A status that the contract does not have, such as 415, is
 * left to Fastify.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { errorHandler } from "tidegate/fastify";
 *
 * const server = Fastify();
 * server.setErrorHandler(errorHandler(tide));
 * ```
 */
export function errorHandler(
  tide: Tidegate,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  const entrance = entranceOf(tide, "errorHandler");
  return async (error, request: FastifyRequest & Visited, reply) => {
    const told = translated(error);
    // To the handler that stands before this one, Fastify's own in the end.
    if (told === null) throw error;
    const requestId = request.tide?.requestId ?? entrance.requestId(headerOf(request.raw, REQUEST_ID));
    await send(reply, await entrance.answerTo(told, asked(request, reply, requestId)));
    return reply;
  };
}

/**
 * What there is of Tidegate in a request, with its type: `request.tide`.
 *
 * @throws TypeError for a request that has not passed {@link plugin}.
 * @example
 * ```ts
 * import Fastify from "fastify";
 * import { tideOf } from "tidegate/fastify";
 *
 * const server = Fastify();
 * server.get("/orders", (request) => tideOf(request).db.query`select * from orders`);
 * ```
 */
export function tideOf(request: FastifyRequest): RequestTide {
  const { tide } = request as FastifyRequest & Visited;
  if (tide) return tide;
  throw new TypeError(
    "tideOf: a request that has passed Tidegate is needed: app.register(plugin(tide)) before its route",
  );
}
