/** A body that a handler has had Hono read as JSON or as a form, and that is none: the client's mistake, whoever throws. */
import type { Context } from "hono";
import { ProblemError } from "./problem.ts";

/** What is to be answered: the error as it is, unless it says no more than that the body could not be read as it was asked for. */
export async function readingOf(error: unknown, { req }: Context): Promise<unknown> {
  const { text, formData } = req.bodyCache;
  if (error instanceof SyntaxError && text !== undefined && (await failureOf(parse, text)) === error.message)
    return new ProblemError("VALIDATION_ERROR", "The body must be JSON.");
  if (error instanceof TypeError && formData !== undefined && (await failureOf(asItIs, formData)) === error.message)
    return new ProblemError("VALIDATION_ERROR", "The body must be a form, as its content type says.");
  return error;
}

const parse = (text: string): unknown => JSON.parse(text);
const asItIs = (form: FormData): unknown => form;

/** With what reading fails, in words; null where it does not. */
async function failureOf<Body>(read: (body: Body) => unknown, body: Body | Promise<Body>): Promise<string | null> {
  try {
    read(await body);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : null;
  }
}
