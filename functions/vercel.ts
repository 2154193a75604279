/** The entry for Vercel's functions of Node; its cron jobs call `/internal/watchdog`. */
import { getConnInfo } from "hono/vercel";
import { startInstance } from "./instance.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";

/** Where the platform keeps the request that is being answered; `@vercel/functions` looks there too. */
const CONTEXT = Symbol.for("@vercel/request-context");
interface Platform {
  readonly [CONTEXT]?: { get?(): { waitUntil?(work: Promise<unknown>): void } | undefined };
}

const { app } = await startInstance(
  { platform: "Vercel", databases: SERVER_DATABASES, stores: SERVER_STORES, hooks: ALL_HOOKS },
  {
    connInfo: getConnInfo,
    waitUntil: (work) => (globalThis as Platform)[CONTEXT]?.get?.()?.waitUntil?.(work),
  },
);

export default { fetch: (request: Request) => app.fetch(request) };
