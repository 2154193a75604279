/** The base of what Tidegate throws at handlers, and how it is found in what others have made of it. */

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

  /** Itself: Prisma makes an error of its own of one that has a code, and hands nothing on but this. */
  get meta(): { readonly driverAdapterError: TidegateError } {
    return { driverAdapterError: this };
  }
}

/** Deeper than anybody wraps errors; a chain may also end in itself. */
const LONGEST_CHAIN = 8;

/** Where libraries keep the error that they have wrapped: the standard's place, TypeORM's, Sequelize's, Objection's, Prisma's. */
const PLACES = ["cause", "driverError", "original", "nativeError", "meta", "driverAdapterError"] as const;

/**
 * An error, and those that it was made of: the outermost first. Ends where there is no other, after eight, and where it
 * would come round again.
 */
export function chainOf(error: unknown): readonly unknown[] {
  const chain = [error];
  for (let one = innerOf(error); one !== undefined && chain.length < LONGEST_CHAIN; one = innerOf(one)) {
    if (chain.includes(one)) break;
    chain.push(one);
  }
  return chain;
}

function innerOf(error: unknown): unknown {
  return PLACES.map((place) => fieldOf(error, place)).find((inner) => typeof inner === "object" && inner !== null);
}

/** A field of what was thrown, which is anybody's, and may not want to be read. */
export function fieldOf(error: unknown, field: string): unknown {
  if (typeof error !== "object" || error === null) return undefined;
  try {
    return (error as Readonly<Record<string, unknown>>)[field];
  } catch {
    return undefined;
  }
}

/** The outermost of Tidegate's own in that chain: others wrap what they hand on. */
export function ownErrorIn(error: unknown): TidegateError | undefined {
  if (error instanceof TidegateError) return error;
  return chainOf(error).find((one) => one instanceof TidegateError);
}
