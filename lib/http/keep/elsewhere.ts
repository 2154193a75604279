/** Kept answers of handlers that are no Hono's: whether one is asked, for whom, and what is answered in its place. */
import { type Context, Hono } from "hono";
import type { KeepRoute, KeepRouteOptions } from "./keep.ts";

/** How the answers of a route are kept: as `tide.keep` has it, by the framework's own request. */
export interface KeepOptions<Incoming> extends Omit<KeepRouteOptions, "key" | "tags"> {
  /**
   * What tells apart the answers of one address, beside its path, query and `Accept`: who asks, say. Without it, a request
   * with a cookie or an `Authorization` is neither kept nor answered from what is kept. Null: not this one.
   */
  readonly key?: ((request: Incoming) => string | null | Promise<string | null>) | undefined;
  /** What answers are forgotten by, beside their keys. */
  readonly tags?: readonly string[] | ((request: Incoming) => readonly string[]) | undefined;
}

/** One request at a route whose answers are kept. */
export interface KeptCall<Incoming> {
  readonly incoming: Incoming;
  /** The same, as it is told apart from others. */
  readonly request: Request;
  /**
   * Has the rest of the application answer, for this caller and those who wait with it.
   *
   * @throws What its handler has thrown.
   */
  run(): Promise<Response>;
  /** The same for nobody, once this caller has been answered. */
  rerun(): Promise<Response>;
}

type CallEnv<Incoming> = { Bindings: { call: KeptCall<Incoming> } };

/** @throws What the handler has thrown, where nothing stands in for its answer. */
export type AskKept<Incoming> = (call: KeptCall<Incoming>) => Promise<Response>;

/** @throws TypeError for options that are wrong. */
export function keeper<Incoming>(keep: KeepRoute, options: KeepOptions<Incoming>): AskKept<Incoming> {
  const errors = new WeakMap<KeptCall<Incoming>, Error>();
  // Told to the framework, whose handler of errors answers.
  const app = new Hono<CallEnv<Incoming>>().onError((_, c) => c.body(null, 500));
  app.use(async (c, next) => {
    await next();
    if (c.error) errors.set(c.env.call, c.error);
  });
  app.use(keep(optionsOf(options)));
  app.all("*", ({ env: { call }, req }) => (req.raw === call.request ? call.run() : call.rerun()));
  return async (call) => {
    const response = await app.fetch(call.request, { call });
    const error = errors.get(call);
    if (error) throw error;
    return response;
  };
}

function optionsOf<Incoming>({ key, tags, ...others }: KeepOptions<Incoming>): KeepRouteOptions {
  const incomingOf = (c: Context): Incoming => (c as Context<CallEnv<Incoming>>).env.call.incoming;
  return {
    ...others,
    // What is wrong is told by who knows what is right.
    key: typeof key === "function" ? (c) => key(incomingOf(c)) : key,
    tags: typeof tags === "function" ? (c) => tags(incomingOf(c)) : tags,
  };
}
