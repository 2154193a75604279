/**
 * What a request has to pass before an application sees it, whoever serves that: the middleware of Hono goes by it, and
 * frameworks of others, which are handed an instance of Tidegate and find this in it.
 */
import type { MiddlewareHandler } from "hono";
import type { GuardedDatabase } from "../guard/database/guarded-database.ts";
import type { MaybePromise } from "../store/port.ts";
import type { Asker } from "./address/peer.ts";
import type { Asked } from "./answers.ts";
import type { TidegateEnv } from "./env.ts";
import type { LimitHeaders, LimitRequest } from "./limit/requests.ts";
import type { OwnPart } from "./own.ts";
import { ProblemError } from "./problem.ts";
import type { RecordRequest } from "./request-timing.ts";
import type { RequestTracing } from "./traced.ts";

export interface AdmissionOptions {
  /** Of every request, before it is served. Never throws. */
  readonly checkIfDue: () => void;
  /** False while draining: what comes now is answered `SERVICE_UNAVAILABLE`, but for health. */
  readonly accepting: () => boolean;
  readonly limitRequest: LimitRequest;
}

/**
 * @param part Of Tidegate's own routes, which are never limited: probes must see, and who administers has limits of its
 * own.
 * @throws ProblemError while draining, and where the client has made all of its requests.
 */
export type Admit = (asker: Asker, part: OwnPart | null) => MaybePromise<LimitHeaders>;

export function admission({ checkIfDue, accepting, limitRequest }: AdmissionOptions): Admit {
  return (asker, part) => {
    checkIfDue();
    if (!accepting() && part !== "health")
      throw new ProblemError("SERVICE_UNAVAILABLE", "The service is shutting down.");
    return part === null ? limitRequest(asker) : {};
  };
}

export interface Entrance {
  readonly admit: Admit;
  /** @param sent By the client. */
  readonly requestId: (sent: string | undefined) => string;
  /** Never rejects. */
  readonly answerTo: (error: unknown, asked: Asked) => Promise<Response>;
  /** The guarded database of one request. */
  readonly database: (signal: AbortSignal) => GuardedDatabase;
  /** As an application of Hono has it, but for the limit of bodies, which is the framework's. */
  readonly middleware: MiddlewareHandler<TidegateEnv>;
  /** For each request that does not pass it; null where they need not be traced. */
  readonly tracing: RequestTracing | null;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Told of each request that does not pass it, once it was answered. */
  readonly recordRequest: RecordRequest;
}

const ENTRANCES = new WeakMap<object, Entrance>();

export const noteEntrance = (tide: object, entrance: Entrance): void => void ENTRANCES.set(tide, entrance);

/** @throws TypeError for what `tidegate()` has not made. */
export function entranceOf(tide: unknown, what: string): Entrance {
  const entrance = typeof tide === "object" && tide !== null ? ENTRANCES.get(tide) : undefined;
  if (entrance) return entrance;
  throw new TypeError(`${what}: what tidegate() returns is needed first, was ${tide === null ? "null" : typeof tide}`);
}
