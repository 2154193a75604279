/**
 * Express, and what else takes its middleware: handlers run for their caller, refusals become answers, and Tidegate's own
 * routes are mounted where an application wants them.
 *
 * Map of `lib/frameworks/`: an entry for each framework, `express` (this file), `fastify` and `fetch`; `request-tide` is
 * what handlers find in a request, `foreign` what frameworks throw about one, `express-route` which
 * route has answered there, `own-paths` which are Tidegate's to answer.
 * `node/` is for those on Node: `visit` is one request there, `bridge` makes one of `fetch` of it; `taking` takes
 * what its handler sends, for who else waits for it: `express-keep` and `fastify-keep` are one request whose answer is kept.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { entranceOf } from "../http/entrance.ts";
import { type KeepOptions, keeper } from "../http/keep/elsewhere.ts";
import type { LimitHeaders } from "../http/limit/requests.ts";
import { TAKEN_OFF } from "../http/own.ts";
import type { Tidegate } from "../tidegate.ts";
import { type Incoming as KeptIncoming, keptTurn, resumed } from "./express-keep.ts";
import { type Routed, routeOf } from "./express-route.ts";
import { translated } from "./foreign.ts";
import { requestOf, send } from "./node/bridge.ts";
import { askedOf, headerOf, REQUEST_ID, Visit } from "./node/visit.ts";
import { isOwnUrl, mountsOf } from "./own-paths.ts";
import type { RequestTide } from "./request-tide.ts";

export type { KeepOptions } from "../http/keep/elsewhere.ts";
export type { Tidegate } from "../tidegate.ts";
export type { RequestTide } from "./request-tide.ts";

/** What Express hands on to. */
export type Next = (error?: unknown) => void;
/** A middleware, as `app.use` takes it. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
/** An error handler, as `app.use` takes it: by its four parameters. */
export type ErrorMiddleware = (error: unknown, req: IncomingMessage, res: ServerResponse, next: Next) => void;

type Incoming = KeptIncoming & Routed;

const urlOf = ({ originalUrl, url = "/" }: Incoming): string => originalUrl ?? url;

/**
 * What every request passes: a request id, the limit of requests for each client, a refusal while draining. Handlers find
 * {@link RequestTide} as `req.tide`, and what a facade guards ends when the caller leaves. The limit of bodies, CORS and
 * compression are Express's.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import express from "express";
 * import { errorHandler, middleware, routes } from "tidegate/express";
 *
 * const server = express()
 *   .use(middleware(tide))
 *   .use(routes(tide))
 *   .use(errorHandler(tide));
 * ```
 */
export function middleware(tide: Tidegate): Middleware {
  const entrance = entranceOf(tide, "middleware");
  const mounts = mountsOf(tide);
  const refuse = (error: unknown, req: Incoming, res: ServerResponse, { requestId }: Visit): void =>
    void entrance.answerTo(error, askedOf(req, res, requestId)).then((answer) => send(answer, res));
  return (req: Incoming, res, next) => {
    // In front of a part, and of all; and what is Tidegate's own passes the same where it is answered.
    if (req.tide || mounts.isOwn(urlOf(req))) return next();
    const visit = new Visit(entrance, req, res);
    req.tide = visit;
    const route = () => routeOf(req);
    visit.timed(route);
    visit.traced(route);
    res.setHeader(REQUEST_ID, visit.requestId);
    try {
      const admitted = entrance.admit(visit, null);
      if (!(admitted instanceof Promise)) return enter(res, visit, admitted, next);
      admitted.then((headers) => enter(res, visit, headers, next)).catch((error) => refuse(error, req, res, visit));
    } catch (error) {
      refuse(error, req, res, visit);
    }
  };
}

function enter(res: ServerResponse, visit: Visit, headers: LimitHeaders, next: Next): void {
  for (const name in headers) res.setHeader(name, headers[name] ?? "");
  visit.within(next);
}

/**
 * Keeps the answers of the GET routes that it stands in front of, as `tide.keep` does: identical requests at the same time
 * become one, and while the database is away the last good answer stands in for a refusal, marked as such. Behind
 * {@link middleware}, behind a login, and with {@link errorHandler} behind the routes.
 *
 * @throws TypeError for what `tidegate()` has not made, and for options that are wrong.
 * @example
 * ```ts
 * import express from "express";
 * import { errorHandler, keep, middleware, tideOf } from "tidegate/express";
 *
 * const server = express().use(middleware(tide));
 * server.get("/stock", keep(tide, { staleSeconds: 3_600 }), async (req, res) => {
 *   res.json(await tideOf(req).db.query`select article, quantity from stock`);
 * });
 * server.use(errorHandler(tide));
 * ```
 */
export function keep<Request extends IncomingMessage = IncomingMessage>(
  tide: Tidegate,
  options: KeepOptions<Request> = {},
): Middleware {
  const entrance = entranceOf(tide, "keep");
  const ask = keeper<Request>(tide.keep, options);
  return (req: Incoming, res, next) => {
    if (req.method !== "GET" && req.method !== "HEAD") return next();
    try {
      tideOf(req);
    } catch (error) {
      return next(error);
    }
    void keptTurn({ ask, entrance, req: req as Incoming & Request, res, next });
  };
}

/**
 * Tidegate's own routes, `/health`, `/admin`, `/metrics` and what is below them, wherever they are mounted. What is beside
 * them is handed on.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import express from "express";
 * import { routes } from "tidegate/express";
 *
 * const server = express().use("/ops", routes(tide)); // /ops/health, /ops/admin, …
 * ```
 */
export function routes(tide: Tidegate): Middleware {
  const entrance = entranceOf(tide, "routes");
  const mounts = mountsOf(tide);
  const own = tide.routes();
  return (req: Incoming, res, next) => {
    const { url = "/", baseUrl = "" } = req;
    if (!isOwnUrl(url)) return next();
    mounts.add(baseUrl);
    const requestId = entrance.requestId(headerOf(req, REQUEST_ID));
    const answer = async () => own.fetch(requestOf(req, res, url), { incoming: req, [TAKEN_OFF]: baseUrl });
    answer()
      .catch((error: unknown) => entrance.answerTo(error, askedOf(req, res, requestId)))
      .then((response) => send(response, res))
      .catch(next);
  };
}

/**
 * Answers what handlers have thrown as the contract says it: refusals, errors of the database and a `ProblemError` by
 * their code, what Express and its middleware say of a request (`status`, as `http-errors` has it) by the code of that
 * status, anything else as `INTERNAL_ERROR`, which is logged. A status that the contract does not have, such as 415, and an
 * answer that has begun are handed on. Stands behind all routes.
 *
 * @throws TypeError for what `tidegate()` has not made.
 * @example
 * ```ts
 * import express from "express";
 * import { errorHandler } from "tidegate/express";
 *
 * const server = express().use(errorHandler(tide));
 * ```
 */
export function errorHandler(tide: Tidegate): ErrorMiddleware {
  const entrance = entranceOf(tide, "errorHandler");
  const answer: ErrorMiddleware = (error, req: Incoming, res, next) => {
    if (resumed(req, error, (again) => answer(again, req, res, next))) return;
    const told = translated(error);
    if (res.headersSent || told === null) return next(error);
    const requestId = req.tide?.requestId ?? entrance.requestId(headerOf(req, REQUEST_ID));
    entrance
      .answerTo(told, askedOf(req, res, requestId))
      .then((response) => send(response, res))
      .catch(next);
  };
  return answer;
}

/**
 * What there is of Tidegate in a request, with its type: `req.tide`.
 *
 * @throws TypeError for a request that has not passed {@link middleware}.
 * @example
 * ```ts
 * import express from "express";
 * import { tideOf } from "tidegate/express";
 *
 * const server = express().get("/orders", async (req, res) => {
 *   res.json(await tideOf(req).db.query`select * from orders`);
 * });
 * ```
 */
export function tideOf(req: IncomingMessage): RequestTide {
  const { tide } = req as Incoming;
  if (tide) return tide;
  throw new TypeError(
    "tideOf: a request that has passed Tidegate is needed: app.use(middleware(tide)) before its route",
  );
}
