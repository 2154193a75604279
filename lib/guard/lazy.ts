/** What runs once somebody looks at it, as queries of ORMs and of postgres.js do: not where it was written. */

/** Whatever can be awaited and is no promise of the platform's, which is under way in any case. */
export const isLazy = (made: unknown): made is PromiseLike<unknown> =>
  !(made instanceof Promise && made.constructor === Promise) &&
  typeof (made as { then?: unknown } | null | undefined)?.then === "function";
