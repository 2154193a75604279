/** What frameworks and their middleware throw about a request: an error with a status, as `http-errors` makes it. */
import { CODES } from "../contract/codes.ts";
import { fieldOf, ownErrorIn } from "../errors.ts";
import { isHttpException } from "../http/exception.ts";
import { codeOf, ProblemError } from "../http/problem.ts";

/** What it becomes by the contract; null for a status that the contract has no code for: the framework's own to answer. */
export function translated(error: unknown): unknown {
  const status = statusOf(error);
  if (status === null || ownErrorIn(error) || isHttpException(error)) return error;
  const code = codeOf(status);
  if (code === undefined) return status < 500 ? null : error;
  if (code === "INTERNAL_ERROR") return error;
  const details = issuesIn(error);
  const problem = new ProblemError(code, messageOf(error, status) || `${CODES[code].title}.`, {
    headers: headersOf(error),
    ...(details && { details }),
  });
  return Object.assign(problem, { cause: error });
}

function statusOf(error: unknown): number | null {
  const status = fieldOf(error, "status") ?? fieldOf(error, "statusCode");
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status < 600 ? status : null;
}

/** What a failure of the service says is for nobody outside. */
function messageOf(error: unknown, status: number): string {
  const message = fieldOf(error, "message");
  const isTold = status < 500 && fieldOf(error, "expose") !== false;
  return isTold && typeof message === "string" ? message : "";
}

function headersOf(error: unknown): Record<string, string> {
  const headers = fieldOf(error, "headers");
  if (typeof headers !== "object" || headers === null) return {};
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => typeof value === "string"));
}

/** Of a validation by Fastify's schemas: as those of `validate` are told. */
function issuesIn(error: unknown): readonly { readonly parameter: string; readonly expected: string }[] | null {
  const found = fieldOf(error, "validation");
  if (!Array.isArray(found)) return null;
  return found.map((issue: unknown) => ({
    parameter: String(fieldOf(issue, "instancePath") ?? "")
      .replace(/^\//, "")
      .replaceAll("/", "."),
    expected: String(fieldOf(issue, "message") ?? ""),
  }));
}
