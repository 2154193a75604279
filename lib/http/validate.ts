/** Request validation with any Standard Schema library; all that is wrong is answered at once, by name. */
import { sValidator } from "@hono/standard-validator";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { MiddlewareHandler, ValidationTargets } from "hono";
import { ProblemError } from "./problem.ts";

/** What `c.req.valid(target)` gives: what the schema makes of that part, and what a client has to send. */
export type Checked<Target extends string, Schema extends StandardSchemaV1> = {
  in: { [Key in Target]: StandardSchemaV1.InferInput<Schema> };
  out: { [Key in Target]: StandardSchemaV1.InferOutput<Schema> };
};

/**
 * Checks a part of the request; the handler reads the result by `c.req.valid(target)`. Anything wrong is answered as
 * `VALIDATION_ERROR` with the name of each parameter and what was expected of it.
 *
 * @throws ProblemError in a request, which `tide.middleware()` answers.
 * @example
 * ```ts
 * app.get("/orders", validate("query", v.object({ page: v.optional(v.string()) })), (c) => {
 *   const { page = "1" } = c.req.valid("query");
 *   return c.text(page);
 * });
 * ```
 */
export function validate<Target extends keyof ValidationTargets, Schema extends StandardSchemaV1>(
  target: Target,
  schema: Schema,
  // biome-ignore lint/suspicious/noExplicitAny: Hono's own validators leave the environment open in the same way.
): MiddlewareHandler<any, string, Checked<Target, Schema>> {
  const check = sValidator(target, schema, (result) => {
    if (result.success) return;
    const issues = result.error.map((issue) => ({ parameter: nameOf(issue, target), expected: issue.message }));
    const sentence = issues.map(({ parameter, expected }) => `${parameter}: ${expected}`).join("; ");
    throw new ProblemError("VALIDATION_ERROR", sentence, { details: issues });
    // biome-ignore lint/suspicious/noExplicitAny: the declared type above says the same, without the failed response.
  }) as any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const middleware: MiddlewareHandler<any, string, Checked<Target, Schema>> = (c, next) => {
    // Hono takes a body of another type for an empty one, and what is then said about its parts misleads.
    if (target === "json" && !JSON_TYPE.test(c.req.header("content-type") ?? ""))
      throw new ProblemError("VALIDATION_ERROR", NOT_JSON);
    return check(c, next);
  };
  return Object.assign(middleware, { checks: { target, schema } satisfies Checks });
}

/** What a middleware of {@link validate} has as `checks`, for whoever describes an application by its routes. */
export interface Checks {
  readonly target: keyof ValidationTargets;
  readonly schema: StandardSchemaV1;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const NOT_JSON = "The body must be JSON, sent with the content type application/json.";

function nameOf(issue: StandardSchemaV1.Issue, target: string): string {
  const path = (issue.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment));
  return path.join(".") || target;
}
