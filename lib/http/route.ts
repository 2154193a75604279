/** By which pattern a request was answered: what figures and traces go by, since paths are without number. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { findTargetHandler } from "hono/utils/handler";

type Route = ReturnType<typeof matchedRoutes>[number];

/**
 * @returns Such as `/orders/:id`; undefined where no route fits, or one that fits everything.
 */
export function routeOf(c: Context): string | undefined {
  const routes = matchedRoutes(c);
  // Hono leaves its index where it called somebody last.
  const answered = routes[c.req.routeIndex];
  if (answered && saysSomething(answered)) return answered.path;
  // Refused before its handler was called.
  return routes.find((route, at) => at > c.req.routeIndex && saysSomething(route))?.path;
}

/** A middleware for a whole part is behind many addresses, and not theirs alone. */
function saysSomething({ path, handler }: Route): boolean {
  if (!path.endsWith("*")) return true;
  return path !== "*" && path !== "/*" && findTargetHandler(handler).length < 2;
}

const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"],
]);

/** Of few values, whatever clients think of. */
export const knownMethod = (method: string): string => (METHODS.has(method) ? method : "_OTHER");
