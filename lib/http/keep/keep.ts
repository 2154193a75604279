/**
 * Kept answers of routes: a GET whose database is away is answered with its last good answer, marked as such.
 *
 * Map of this folder: `keeping` puts it together; `keep` (this file) is the middleware; `request-key` says which requests
 * it is for and what tells them apart, `content` what of an answer is kept, `answer` gives that again, `rerun` asks a route
 * for nobody, `elsewhere` does all of it for handlers of other frameworks.
 */
import type { Context, MiddlewareHandler, Next } from "hono";
import { routePath } from "hono/route";
import type { GuardedDatabase } from "../../guard/database/guarded-database.ts";
import { Reader } from "../../guard/database/reader.ts";
import type { Asking, Degraded, Reply } from "../../kept/asking.ts";
import type { EntryCap } from "../../kept/entry-cap.ts";
import type { KeptEntry } from "../../kept/form.ts";
import type { Kept } from "../../kept/kept.ts";
import { type KeepOptions, keepRules } from "../../kept/rules.ts";
import type { KeepWhen } from "../../kept/when.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { MaybePromise } from "../../store/port.ts";
import type { TidegateEnv } from "../env.ts";
import { answerAgain, type Respond } from "./answer.ts";
import { answerIn, answerOf, bodyOf, isFor, type KeptAnswer, mayBeKept } from "./content.ts";
import { isKeepable, requestKey, saysWhoAsks } from "./request-key.ts";
import { rerunnable } from "./rerun.ts";

/** How the answers of a route are kept. */
export interface KeepRouteOptions extends KeepOptions {
  /**
   * What tells apart the answers of one address, beside its method, path, query and `Accept`: who asks, say. Without it,
   * a request with a cookie or an `Authorization` is neither kept nor answered from what is kept. Null: not this one.
   */
  readonly key?: ((c: Context) => string | null | Promise<string | null>) | undefined;
  /** What answers are forgotten by, beside their keys. */
  readonly tags?: readonly string[] | ((c: Context) => readonly string[]) | undefined;
  /** For which failures an old answer stands in. Default: the codes that say that a source is away or busy. */
  readonly when?: KeepWhen | undefined;
  /** False for what is not worth keeping, such as a 200 with an error inside. */
  readonly worthKeeping?: ((answer: Response) => boolean | Promise<boolean>) | undefined;
}

/** Makes a middleware that keeps the answers of its routes, as `tide.keep` does. */
export type KeepRoute = (options?: KeepRouteOptions) => MiddlewareHandler<TidegateEnv>;

export interface KeepRouteParts {
  readonly kept: Kept;
  readonly degradedWhen: (when: KeepWhen | undefined) => (error: unknown) => Degraded | null;
  /** Of what is asked for several callers, or for none. */
  readonly databaseFor: (reader: Reader) => GuardedDatabase;
  /** As refusals have it. */
  readonly retryAfterSeconds: (hintMs: number) => number;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

const OWN_OPTIONS = ["key", "tags", "when", "worthKeeping"];

/** Of the entries at hand; what was read once is not read again. */
const ANSWERS = new WeakMap<KeptEntry, KeptAnswer | null>();

function answerOfEntry(entry: KeptEntry): KeptAnswer | null {
  let answer = ANSWERS.get(entry);
  if (answer === undefined) {
    answer = answerIn(entry.content);
    ANSWERS.set(entry, answer);
  }
  return answer;
}

const isReadable = (entry: KeptEntry): boolean => answerOfEntry(entry) !== null;

/** @throws TypeError, at construction, for what cannot be kept so. */
export function keepRoutes(parts: KeepRouteParts): KeepRoute {
  const { kept, runtime } = parts;
  return (options = {}) => {
    const route = routeOf(parts, options);
    let cap: EntryCap | undefined;
    let isTold = options.key !== undefined;
    /** Nobody knows that before there is a request: what stands before a route may be anything. */
    const tellOfLogin = (c: Context): void => {
      isTold = true;
      parts.log.warn("kept.no_key", { name: nameOf(c) });
    };

    return async function keep(c, next) {
      const found = isKeepable(c) ? route.keyOf(c) : null;
      const key = found instanceof Promise ? await found : found;
      if (key === null) {
        if (!isTold && isKeepable(c) && saysWhoAsks(c)) tellOfLogin(c);
        return next();
      }
      cap ??= kept.cap(nameOf(c));
      const asked: Asked = { c, next, key, cap, running: undefined };
      let reply: Reply<Response>;
      try {
        reply = await kept.ask(route.asking(asked));
      } catch (error) {
        // Others wait for what this request has begun before its caller left: until then its context is theirs.
        const unread = await asked.running?.catch(() => undefined);
        // Those who wait have a copy.
        await unread?.body?.cancel().catch(() => {});
        // By this request's own handler: it is answered already.
        if (c.error === error) return;
        throw error;
      }
      if (reply.kind === "own") return mark(c, "tidegate; fwd=miss");
      const again = route.again(c, reply, runtime.wallMs());
      if (again) return replaced(c, again);
      // Kept for a request that said something else of what the answer varies by.
      if (c.error) return;
      await next();
      mark(c, "tidegate; fwd=vary-miss");
    };
  };
}

/** Where it stands in front of everything, the path is more than its pattern tells. */
function nameOf(c: Context): string {
  const pattern = routePath(c);
  return pattern === "*" || pattern === "/*" ? c.req.path : pattern;
}

interface Asked {
  readonly c: Context;
  readonly next: Next;
  readonly key: string;
  readonly cap: EntryCap;
  /** What the route was last asked for. */
  running: Promise<Response> | undefined;
}

function routeOf(parts: KeepRouteParts, options: KeepRouteOptions) {
  const rules = keepRules("tide.keep", options, OWN_OPTIONS);
  const { key: addedKey, tags = [], worthKeeping = () => true } = options;
  assertFunctions(options);
  const degradedOf = parts.degradedWhen(options.when);
  const keeping = { maxBytes: rules.maxBytes, namesKey: addedKey !== undefined };

  const withAdded = async (c: Context, added: string | null | Promise<string | null>): Promise<string | null> => {
    const text = await added;
    return typeof text === "string" ? requestKey(c, text) : null;
  };
  const keyOf = (c: Context): MaybePromise<string | null> => {
    if (addedKey) return withAdded(c, addedKey(c));
    return saysWhoAsks(c) ? null : requestKey(c, "");
  };
  const loaded = async ({ c, next }: Asked, signal: AbortSignal): Promise<Response> => {
    const reader = new Reader(() => signal);
    // That of a HEAD ends what nobody reads.
    if (c.req.method === "GET") c.set("db", parts.databaseFor(reader));
    await next();
    if (!c.error) return c.res;
    reader.abandon(c.error);
    throw c.error;
  };
  const contentOf = async (response: Response, request: Headers): Promise<string | null> => {
    if (!mayBeKept(response, keeping)) return null;
    const answer = await answerOf(response.clone(), request, keeping);
    if (!answer) return null;
    return (await worthKeeping(new Response(bodyOf(answer), { headers: response.headers })))
      ? JSON.stringify(answer)
      : null;
  };

  return {
    keyOf,
    asking: (asked: Asked): Asking<Response> => {
      const { c, key, cap } = asked;
      return {
        use: { rules, cap },
        key,
        tags: () => (typeof tags === "function" ? tags(c) : tags),
        signal: () => c.req.raw.signal,
        isAlone: c.req.method === "HEAD",
        load: (signal) => {
          asked.running = loaded(asked, signal);
          return asked.running;
        },
        reload: rules.inBackground ? reloading(c, parts) : null,
        contentOf: (response) => contentOf(response, c.req.raw.headers),
        isReadable,
        degradedOf,
      };
    },
    again: (c: Context, { entry, ageMs, how, degraded }: Extract<Reply<Response>, { kind: "kept" }>, now: number) => {
      const answer = answerOfEntry(entry);
      if (!answer || !isFor(answer, c.req.raw.headers)) return null;
      const retryAfterMs = degraded?.retryAfterMs;
      const given = {
        ...{ answer, ageMs, how, degraded, freshMs: rules.freshMs, known: c.req.header("if-none-match") },
        retryAfterSeconds: retryAfterMs === undefined ? null : parts.retryAfterSeconds(retryAfterMs),
        asOf: () => new Date(now - ageMs),
      };
      // The context's own headers are then of the error.
      return answerAgain(given, c.error ? fromNothing : c.newResponse);
    },
  };
}

const fromNothing: Respond = (body, status, headers) => new Response(body, { status, headers });

function reloading(c: Context, { databaseFor }: KeepRouteParts): (signal: AbortSignal) => Promise<Response> {
  const run = rerunnable(c);
  return async (signal) => {
    const { response, error } = await run((again) => again.set("db", databaseFor(new Reader(() => signal))));
    if (error) throw error;
    return response;
  };
}

function assertFunctions({ key, tags, worthKeeping }: KeepRouteOptions): void {
  const faults = Object.entries({ key, worthKeeping })
    .filter(([, given]) => given !== undefined && typeof given !== "function")
    .map(([name, given]) => `${name} must be a function, was ${typeof given}`);
  if (typeof tags !== "function" && tags !== undefined && !Array.isArray(tags)) {
    faults.push(`tags must be a list of texts or a function that returns one, was ${typeof tags}`);
  }
  if (faults.length > 0) throw new TypeError(`tide.keep: ${faults.join("; ")}`);
}

/** Of the error's answer, in whose place another stands. */
const OF_THE_ERROR = new Set([
  ...["allow", "cache-control", "content-length", "content-type", "retry-after", "x-request-id"],
]);

/** In the place of what this request was answered already; what others have set beside that stays. */
function replaced(c: Context, again: Response): Response | undefined {
  if (!c.error) return again;
  const others = [...c.res.headers].filter(([name]) => !OF_THE_ERROR.has(name) && !again.headers.has(name));
  for (const [name, value] of others) again.headers.append(name, value);
  c.error = undefined;
  // Hono lays the headers of what stood there over those of what comes.
  c.res = undefined;
  c.res = again;
  return undefined;
}

function mark(c: Context, status: string): void {
  if (c.res.status === 101) return;
  try {
    c.res.headers.set("Cache-Status", status);
  } catch {
    // Of `fetch`: its headers cannot be changed, and a copy is not worth it.
  }
}
