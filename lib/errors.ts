/** The base of what Tidegate throws at handlers. */

/** Carried by a response that nobody has written yet. */
export const UNWRITTEN = "x-tidegate-unwritten";

/**
 * What Tidegate throws at handlers: a refusal, an error of the database, or one of the contract.
 *
 * Hono prints what a handler throws to the console, unless it has a response of its own; under an open breaker that
 * would be a stack trace per request. This response is a placeholder: `tide.middleware()` writes the real one.
 *
 * @example
 * ```ts
 * if (error instanceof TidegateError) throw error; // the middleware answers it
 * ```
 */
export abstract class TidegateError extends Error {
  /** The placeholder that Hono takes for an answer. */
  getResponse(): Response {
    return new Response(null, { status: 503, headers: { [UNWRITTEN]: "1" } });
  }
}
