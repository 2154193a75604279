/** The entry for Netlify's functions of Node: every path that is no file. */
import { AsyncLocalStorage } from "node:async_hooks";
import { getConnInfo, handle } from "hono/netlify";
import { startInstance } from "./instance.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

/** What Netlify hands over with a request, as far as it is used here. */
interface NetlifyContext {
  readonly ip?: string;
  waitUntil?(work: Promise<unknown>): void;
}
const current = new AsyncLocalStorage<NetlifyContext>();

const { app } = await startInstance(
  { platform: "Netlify", databases: SERVER_DATABASES, stores: SERVER_STORES, hooks: ALL_HOOKS },
  { connInfo: getConnInfo, waitUntil: (work) => current.getStore()?.waitUntil?.(work) },
);
const answer = handle(app);

export default (request: Request, context: NetlifyContext): Response | Promise<Response> =>
  current.run(context, () => answer(request, context));
export const config = { path: "/*", preferStatic: true };
