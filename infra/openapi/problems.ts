/** Which errors of the contract an address may answer with, each group under the status that its codes share. */
import { CODES, type ErrorCode, hasRetryAfter } from "../../lib/contract/codes.ts";
import { problemSchema } from "../../lib/contract/envelope.ts";
import { answerSchema, refTo } from "./schemas.ts";

const GROUPS = {
  Invalid: ["VALIDATION_ERROR"],
  InvalidRestart: ["VALIDATION_ERROR", "RESTART_OVERRIDE_REASON_REQUIRED"],
  Unauthorized: ["UNAUTHORIZED"],
  Forbidden: ["FORBIDDEN"],
  NotFound: ["NOT_FOUND"],
  MethodNotAllowed: ["METHOD_NOT_ALLOWED"],
  RestartConflict: ["RESTART_POLICY_BLOCKED", "RESTART_IN_PROGRESS"],
  TooLarge: ["PAYLOAD_TOO_LARGE"],
  KeyReused: ["IDEMPOTENCY_KEY_REUSED"],
  TooMany: ["TOO_MANY_REQUESTS"],
  RestartTooSoon: ["TOO_MANY_REQUESTS"],
  Internal: ["INTERNAL_ERROR"],
  QueryFailed: ["DB_QUERY_ERROR", "INTERNAL_ERROR"],
  RestartFailed: ["RESTART_FAILED"],
  Unavailable: ["SERVICE_UNAVAILABLE"],
  DatabaseUnavailable: ["SERVICE_UNAVAILABLE", "DB_POOL_EXHAUSTED", "CIRCUIT_BREAKER_OPEN", "DB_CONNECTION_FAILED"],
  QueryTimeout: ["DB_QUERY_TIMEOUT"],
} as const satisfies Readonly<Record<string, readonly ErrorCode[]>>;

export type Problem = keyof typeof GROUPS;

export const statusOf = (problem: Problem): number => CODES[GROUPS[problem][0]].status;

/** What a client must not do again by itself once a time is over. */
const WITHOUT_RETRY_AFTER: readonly Problem[] = ["RestartTooSoon"];

/** Beside `Retry-After`. Where logins are limited, those of 429 are not there. */
const HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ["WWW-Authenticate"],
  405: ["Allow"],
  429: ["RateLimit", "RateLimit-Policy"],
};

function response(problem: Problem): object {
  const codes: readonly ErrorCode[] = GROUPS[problem];
  const status = statusOf(problem);
  if (codes.some((code) => CODES[code].status !== status)) throw new Error(`${problem}: its codes differ in status`);
  const hasHint = codes.some(hasRetryAfter) && !WITHOUT_RETRY_AFTER.includes(problem);
  const headers = [...(hasHint ? ["Retry-After"] : []), ...(HEADERS[status] ?? [])];
  const code = codes.length === 1 ? { const: codes[0] } : { enum: codes };
  return {
    description: codes.map((each) => CODES[each].title).join("; "),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers.map((name) => [name, refTo("headers", name)])) }),
    content: {
      "application/problem+json": {
        schema: { allOf: [answerSchema(problemSchema), { properties: { error: { properties: { code } } } }] },
      },
    },
  };
}

export const problemResponses = (): Readonly<Record<string, object>> =>
  Object.fromEntries((Object.keys(GROUPS) as Problem[]).map((problem) => [problem, response(problem)]));
