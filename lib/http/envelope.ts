/** The contract's bodies: success in an envelope, errors as problem details that old readers understand too. */
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import { CODES, type ErrorCode, hasRetryAfter } from "../contract/codes.ts";
import type { ProblemPayload } from "../contract/envelope.ts";
import { MAIN_GATE } from "../guard/names.ts";
import type { EnvelopeMeta, TidegateEnv } from "./env.ts";
import type { Problem } from "./problem.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** The body of a success, as a client has it: what JSON makes of the data, and of the meta. */
export interface Success<Data, Meta extends object = Record<never, never>> {
  /** Tells it from an error's body. */
  readonly success: true;
  /** What was asked for. */
  readonly data: JSONParsed<Data>;
  /** What the envelope says about itself, and what was added to that. */
  readonly meta: JSONParsed<EnvelopeMeta & Meta>;
}

/**
 * Answers `{ success: true, data, meta }`. `meta` always has `timestamp` and `app_version`; what is given is added. Clients
 * by `hc` of Hono see the types of both.
 *
 * @param data Whatever JSON can hold.
 * @throws TypeError where JSON cannot hold it: a BigInt, or a circle.
 * @example
 * ```ts
 * app.get("/orders", async (c) => success(c, await orders(c.var.db), { page: 1 }));
 * ```
 */
export function success<E extends TidegateEnv, Data, Meta extends object = Record<never, never>>(
  c: Context<E>,
  data: Data,
  meta?: Meta,
): Response & TypedResponse<Success<Data, Meta>, ContentfulStatusCode, "json"> {
  const answer = c.json({ success: true, data, meta: { ...c.get("envelopeMeta")(), ...meta } });
  return answer as Response & TypedResponse<Success<Data, Meta>, ContentfulStatusCode, "json">;
}

export interface ProblemWriting {
  readonly requestId: string;
  readonly path: string;
  readonly meta: EnvelopeMeta;
  /** `details` are for developers. */
  readonly production: boolean;
  /** Where a hint is missing. */
  readonly defaultRetryAfterMs: number;
  readonly retryAfterSeconds: (hintMs: number) => number;
}

/** A problem as it is written: what a response is made of. */
export interface WrittenProblem {
  readonly body: string;
  readonly status: ContentfulStatusCode;
  readonly headers: Headers;
}

export function problemResponse(problem: Problem, writing: ProblemWriting): Response {
  const { body, ...head } = problemWritten(problem, writing);
  return new Response(body, head);
}

/** RFC 9457, in one body with the older `{ success, error, meta }`. */
export function problemWritten(problem: Problem, writing: ProblemWriting): WrittenProblem {
  const { code, message, gate, reason, headers: more } = problem;
  const { status, retryable } = CODES[code];
  const details = writing.production ? undefined : detailsOf(problem);
  const retry = retrySeconds(problem, writing);
  const headers = new Headers({
    ...more,
    // Not of a degraded answer alone: no error is true for longer than its moment.
    "Cache-Control": "no-store",
    "Content-Type": "application/problem+json",
    "X-Request-Id": writing.requestId,
  });
  if (retry !== undefined) headers.set("Retry-After", `${retry}`);
  const body: ProblemPayload = {
    success: false,
    error: { code, message, ...(details !== undefined && { details }) },
    meta: {
      ...writing.meta,
      request_id: writing.requestId,
      ...(retry !== undefined && { retry_after_seconds: retry }),
      ...(gate !== undefined && { gate }),
      ...(reason !== undefined && { reason }),
    },
    type: `urn:tidegate:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: titleOf(code, gate),
    status,
    detail: message,
    instance: withoutSecrets(writing.path),
    retryable,
  };
  return { body: JSON.stringify(body), status, headers };
}

/** RFC 9457's `title`, of a problem behind that gate. */
function titleOf(code: ErrorCode, gate: string | undefined): string {
  const { title, titleElsewhere = title } = CODES[code];
  return gate === undefined || gate === MAIN_GATE ? title : titleElsewhere;
}

/** With the gate, where they have names: a list stays one. */
function detailsOf({ gate, details }: Problem): unknown {
  if (gate === undefined) return details;
  if (details !== undefined && (typeof details !== "object" || details === null || Array.isArray(details)))
    return details;
  return { ...details, gate };
}

function retrySeconds({ code, retryAfterMs }: Problem, writing: ProblemWriting): number | undefined {
  if (!hasRetryAfter(code) || retryAfterMs === null) return undefined;
  return writing.retryAfterSeconds(retryAfterMs ?? writing.defaultRetryAfterMs);
}
