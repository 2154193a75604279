/** Requests under way, and what those are told that the end of a process cuts off. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { EventLog } from "../log/events.ts";
import type { Log } from "../log/port.ts";
import type { TidegateEnv } from "./env.ts";
import { ProblemError } from "./problem.ts";

/** What the end of a process has cut off. */
export interface CutOff {
  /** How many requests had no answer yet: they were answered `SERVICE_UNAVAILABLE`. */
  readonly unanswered: number;
  /** How many requests had an answer that had begun, and broke off. */
  readonly broken: number;
}

/** Serves an application, and knows what it is at. */
export interface UnderWay<Bindings extends unknown[]> {
  /**
   * Hands a request to the application.
   *
   * @param ended Settles when the answer has been sent, or nobody wants it any more.
   * @returns What the application answers; 503 as soon as it is cut off.
   * @throws What the application throws.
   */
  serve(ended: Promise<unknown>, request: Request, ...bindings: Bindings): Promise<Response>;
  /** Answers 503 to who has no answer yet, and logs each that is cut off (`request.cut`). Drains Tidegate. Never throws. */
  cut(): CutOff;
}

/** What it needs of a `Tidegate`. */
export interface Refusing {
  /** As an application uses it. Never throws. */
  middleware(): MiddlewareHandler<TidegateEnv>;
  /** As an application uses it. */
  readonly onError: (error: unknown, c: Context) => Response | Promise<Response>;
  /** Its answers are refusals after that. Never throws. */
  drain(): void;
  /** Hears of each request that is cut off. */
  readonly log: Log;
}

interface Entry {
  readonly method: string;
  readonly path: string;
  /** Null once there is an answer. */
  refuse: (() => void) | null;
}

/**
 * For who serves an application by a server of his own: whatever is still running when there is no time left gets an
 * answer of the contract, with `Retry-After`, in the place of a connection that ends. Never throws.
 *
 * @example
 * ```ts
 * const running = underWay(app, tide);
 * const server = Deno.serve((request, info) => running.serve(info.completed, request));
 * // At the end, when what runs has had its time:
 * const cut = running.cut();
 * await tide.close(cut);
 * ```
 */
export function underWay<Bindings extends unknown[]>(
  app: { readonly fetch: (request: Request, ...bindings: Bindings) => Response | Promise<Response> },
  tide: Refusing,
): UnderWay<Bindings> {
  const entries = new Set<Entry>();
  const refusing = new Hono<TidegateEnv>()
    .onError(tide.onError)
    .use(tide.middleware())
    .all("*", () => {
      throw new ProblemError("SERVICE_UNAVAILABLE", "The service is shutting down.");
    });

  const serve: UnderWay<Bindings>["serve"] = (ended, request, ...bindings) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const entry: Entry = {
      method: request.method,
      path: new URL(request.url).pathname,
      refuse: () => resolve(refusing.fetch(withoutBody(request), bindings[0] as object)),
    };
    entries.add(entry);
    const over = () => entries.delete(entry);
    ended.then(over, over);
    (async () => app.fetch(request, ...bindings))().then(
      (response) => {
        entry.refuse = null;
        resolve(response);
      },
      (error: unknown) => {
        over();
        reject(error);
      },
    );
    return promise;
  };

  const log: EventLog = tide.log;
  const cut = (): CutOff => {
    tide.drain();
    let unanswered = 0;
    const all = [...entries];
    for (const { method, path, refuse } of all) {
      log.warn("request.cut", { method, path, answer: refuse ? "service_unavailable" : "broken_off" });
      if (refuse) unanswered += 1;
      refuse?.();
    }
    entries.clear();
    return { unanswered, broken: all.length - unanswered };
  };
  return { serve, cut };
}

/** It has been taken to be read by the application. */
const withoutBody = ({ url, headers }: Request): Request => new Request(url, { headers });
