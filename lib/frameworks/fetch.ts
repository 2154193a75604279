/**
 * Handlers that take a `Request` and give a `Response`: route handlers of Next.js, endpoints of SvelteKit, loaders and
 * actions of Remix and React Router, `Bun.serve`, `Deno.serve`, Workers.
 */
import { type Context, type ExecutionContext, Hono } from "hono";
import { ambientLimits } from "../guard/ambient.ts";
import { entranceOf } from "../http/entrance.ts";
import type { TidegateEnv } from "../http/env.ts";
import type { KeepRouteOptions, Tidegate } from "../tidegate.ts";
import type { RequestTide } from "./request-tide.ts";

export type { KeepRouteOptions, Tidegate } from "../tidegate.ts";
export type { RequestTide } from "./request-tide.ts";

/** What a framework hands to a handler first: the request, or what has it. */
export type Handed = Request | { readonly request: Request };

/** What differs from the default. */
export interface GuardedOptions {
  /** Keeps the answers of GET and HEAD, as `tide.keep` does. Default: none is kept. */
  readonly keep?: KeepRouteOptions | undefined;
}

/** What a framework has called, and what comes of it that is no answer. */
interface Call {
  readonly args: readonly [Handed, ...unknown[]];
  readonly handler: (...args: readonly never[]) => unknown;
  /** What is the framework's: it returns, or throws, as if nothing were in between. */
  passed?: () => unknown;
}

type CallEnv = TidegateEnv & { Variables: { call: Call } };

const CALLS = new WeakMap<Request, Call>();
const TIDES = new WeakMap<Request, RequestTide>();

/**
 * A handler behind Tidegate, which is called as ever: a request id, the limit of requests for each client, a refusal while
 * draining, CORS where it is set, and an answer of the contract to whatever is thrown. What a facade guards ends when the
 * caller leaves. What the handler gives or throws that is no answer and no error, such as a redirect of its framework,
 * passes as it is. The limit of bodies is the framework's.
 *
 * @throws TypeError for what `tidegate()` has not made, and for options that are wrong. What it returns rejects with what
 * is its framework's alone.
 * @example
 * ```ts
 * const GET = guarded(tide, async (request: Request) => {
 *   const { db } = tideOf(request);
 *   return Response.json(await db.query`select * from orders`);
 * });
 * ```
 */
export function guarded<Args extends readonly [Handed, ...unknown[]], Answer>(
  tide: Tidegate,
  handler: (...args: Args) => Answer | Promise<Answer>,
  options: GuardedOptions = {},
): (...args: Args) => Promise<Answer | Response> {
  const { middleware } = entranceOf(tide, "guarded");
  if (typeof handler !== "function") {
    throw new TypeError(`guarded: a handler is needed behind what tidegate() returns, was ${typeof handler}`);
  }
  const app = new Hono<CallEnv>().onError(tide.onError).use(middleware);
  app.use((c, next) => {
    const call = CALLS.get(c.req.raw);
    if (call) c.set("call", call);
    return next();
  });
  if (options.keep) app.use(tide.keep(options.keep));
  app.all("*", called);
  return async (...args) => {
    const request = requestIn(args[0], "guarded");
    const call: Call = { args, handler: handler as Call["handler"] };
    CALLS.set(request, call);
    const [, env = args[0], execution] = args;
    const response = await app.fetch(request, env as object, executionIn(execution));
    return (call.passed ? call.passed() : response) as Answer | Response;
  };
}

async function called(c: Context<CallEnv>): Promise<Response> {
  const request = c.req.raw;
  const call = c.get("call");
  TIDES.set(request, {
    requestId: c.var.requestId,
    get db() {
      return c.var.db;
    },
    get signal() {
      return ambientLimits().signal ?? request.signal;
    },
  });
  try {
    const given = await call.handler(...(argumentsOf(call, request) as never[]));
    if (isResponse(given)) return given;
    call.passed = () => given;
  } catch (thrown) {
    if (isError(thrown)) throw thrown;
    call.passed = () => {
      throw thrown;
    };
  }
  return new Response(null, { status: 204 });
}

/** Once more, for nobody, with a request of its own. */
function argumentsOf({ args }: Call, request: Request): readonly unknown[] {
  const [first, ...others] = args;
  if (first === request || ("request" in first && first.request === request)) return args;
  const again = "request" in first ? Object.create(first, { request: { value: request, enumerable: true } }) : request;
  return [again, ...others];
}

function requestIn(first: unknown, what: string): Request {
  const found = typeof first === "object" && first !== null && "request" in first ? first.request : first;
  if (typeof found === "object" && found !== null && "headers" in found && "url" in found) return found as Request;
  throw new TypeError(`${what}: a Request is needed first, or what has one as "request", was ${typeof first}`);
}

const executionIn = (given: unknown): ExecutionContext | undefined =>
  typeof given === "object" && given !== null && "waitUntil" in given ? (given as ExecutionContext) : undefined;

/** Also of another realm, as sandboxes of frameworks have one. */
const isResponse = (given: unknown): given is Response =>
  given instanceof Response || Object.prototype.toString.call(given) === "[object Response]";

/** Next.js marks by a digest what is its own way of saying something. */
function isError(thrown: unknown): boolean {
  const isOne = thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
  return isOne && typeof (thrown as { readonly digest?: unknown }).digest !== "string";
}

/**
 * What there is of Tidegate in a request that a {@link guarded} handler was called with.
 *
 * @throws TypeError for any other.
 * @example
 * ```ts
 * const GET = guarded(tide, async (request: Request) => new Response(tideOf(request).requestId));
 * ```
 */
export function tideOf(request: Request): RequestTide {
  const found = TIDES.get(request);
  if (found) return found;
  throw new TypeError("tideOf: a request that a handler of guarded(tide, handler) was called with is needed");
}

/** Where routes are mounted. */
export interface RoutesOptions {
  /** What stands before their paths, such as `/ops`. Default: nothing. */
  readonly prefix?: string | undefined;
}

/**
 * Tidegate's own routes, `/health`, `/admin`, `/metrics` and what is below them, as a handler.
 *
 * @throws TypeError for what `tidegate()` has not made. What it returns never rejects.
 * @example
 * ```ts
 * const answer = routes(tide, { prefix: "/ops" });
 * const health = await answer(new Request("http://localhost/ops/health"));
 * ```
 */
export function routes(
  tide: Tidegate,
  { prefix = "/" }: RoutesOptions = {},
): (handed: Handed, ...others: readonly unknown[]) => Promise<Response> {
  entranceOf(tide, "routes");
  const app = new Hono().onError(tide.onError).notFound(tide.notFound).route(prefix, tide.routes());
  return async (handed, env = handed, execution) =>
    app.fetch(requestIn(handed, "routes"), env as object, executionIn(execution));
}
