/** The entry for Netlify's functions of Node: every path that is no file. */
import { getConnInfo, handle } from "hono/netlify";
import { startInstance } from "./instance.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

interface Platform {
  /** Of the request that is being answered. */
  readonly Netlify?: { readonly context?: { waitUntil?(work: Promise<unknown>): void } | null };
}

const { app } = await startInstance(
  { platform: "Netlify", databases: SERVER_DATABASES, stores: SERVER_STORES, hooks: ALL_HOOKS },
  {
    connInfo: getConnInfo,
    waitUntil: (work) => (globalThis as Platform).Netlify?.context?.waitUntil?.(work),
  },
);

export default handle(app);
export const config = { path: "/*", preferStatic: true };
