/** What stands behind a middleware, run once more for nobody: the request that brought it about has been answered. */
import { type Context, Hono } from "hono";
import { matchedRoutes } from "hono/route";

/** What a request may have been checked for before it came here; a body it has none. */
const CHECKED = ["query", "param", "header", "cookie"] as const;

export interface Rerun {
  readonly response: Response;
  readonly error: Error | undefined;
}

/** Puts on a new context what differs from the old one. */
export type Prepare = (again: Context) => void;

/** Takes what is needed of a context now, and runs the handlers behind its present middleware when it is called. */
export function rerunnable(c: Context): (prepare: Prepare) => Promise<Rerun> {
  const rest = matchedRoutes(c).slice(c.req.routeIndex + 1);
  const request = new Request(c.req.url, { headers: new Headers(c.req.raw.headers) });
  const checked = CHECKED.map((part) => [part, c.req.valid(part as never) as object | undefined] as const);
  const variables = Object.entries(c.var as Readonly<Record<string, unknown>>);
  const executionCtx = executionOf(c);
  return async (prepare) => {
    let error: Error | undefined;
    const app = new Hono({ strict: false });
    app.use(async (again, next) => {
      for (const [name, value] of variables) again.set(name as never, value as never);
      for (const [part, found] of checked) if (found) again.req.addValidatedData(part, found);
      prepare(again);
      await next();
      error = again.error;
    });
    // Hono prints what is thrown where nobody has a word for it.
    app.onError((_, again) => again.body(null, 500));
    for (const { path, handler } of rest) app.on("GET", path, handler);
    return { response: await app.fetch(request, c.env, executionCtx), error };
  };
}

/** Hono throws where there is none. */
function executionOf(c: Context): Context["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
