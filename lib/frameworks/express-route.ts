/** By which pattern Express has answered: it tells that of a route, and where its router is mounted by the path alone. */

/** A request, as far as Express has noted in it who answers. */
export interface Routed {
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/** Of each route where it was found first; null: in several places, so that the place is a pattern, or one of many. */
const places = new WeakMap<object, string | null>();

/**
 * @returns Such as `/api/orders/:id`; without what stands before it where a router is mounted by a pattern, such as
 * `/tenants/:tenant`, of which only paths are known. Undefined before a handler was found, and for a pattern that is no
 * text.
 */
export function routeOf({ baseUrl = "", route }: Routed): string | undefined {
  if (typeof route?.path !== "string") return undefined;
  const place = places.get(route);
  if (place === undefined) places.set(route, baseUrl);
  else if (place !== baseUrl) places.set(route, null);
  return (places.get(route) ?? "") + route.path;
}
