/**
 * Which requests are Tidegate's own to answer, and where its routes are mounted. The routes that match a request tell it,
 * to what runs before them as well; a path tells nothing, since applications have prefixes, and addresses like ours.
 */
import type { Context, MiddlewareHandler } from "hono";
import { basePath, matchedRoutes } from "hono/route";
import { findTargetHandler } from "hono/utils/handler";

/** `health` is answered while draining, too. */
export type OwnPart = "health" | "operators";

const parts = new WeakMap<object, OwnPart>();

/** Stands before those routes of a part that it is registered for; runs `serve` as well. */
export function ownPart(part: OwnPart, serve: MiddlewareHandler): MiddlewareHandler {
  const own: MiddlewareHandler = (c, next) => serve(c, next);
  parts.set(own, part);
  return own;
}

/** Null where the application, or nobody, answers. */
export function ownPartOf(c: Context): OwnPart | null {
  for (const { handler } of matchedRoutes(c)) {
    const part = parts.get(findTargetHandler(handler));
    if (part !== undefined) return part;
  }
  return null;
}

/** In `c.env`: what a framework in front has taken off the path, before it handed the request on. */
export const TAKEN_OFF = Symbol("tidegate.taken-off");

const takenOff = ({ env }: Context): string =>
  (env as { readonly [TAKEN_OFF]?: string } | undefined)?.[TAKEN_OFF] ?? "";

/** As the client has asked for it. */
export const pathOf = (c: Context): string => takenOff(c) + c.req.path;

/** What stands before the path of the route that runs, without a slash at its end: empty at the root. */
export const mountOf = (c: Context): string => (takenOff(c) + basePath(c)).replace(/\/+$/, "");
