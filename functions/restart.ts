/** How the environment wants to be restarted. The one place of the demo that names the hooks. */
import type { Hook } from "tidegate";
import { type Config, ConfigError, type HookTarget } from "tidegate/config";

type Hooks = {
  readonly [Kind in HookTarget["kind"]]: (target: Extract<HookTarget, { kind: Kind }>) => Promise<Hook>;
};

const HOOKS: Hooks = {
  "cloud-run": async (target) => (await import("tidegate/hooks/cloud-run")).cloudRun(target),
  cloudflare: async (target) => (await import("tidegate/hooks/cloudflare")).cloudflare(target),
  "cloudflare-build-hook": async (target) =>
    (await import("tidegate/hooks/cloudflare-build-hook")).cloudflareBuildHook(target),
  "deno-deploy": async (target) => (await import("tidegate/hooks/deno-deploy")).denoDeploy(target),
  fly: async (target) => (await import("tidegate/hooks/fly")).fly(target),
  "github-actions": async (target) => (await import("tidegate/hooks/github-actions")).githubActions(target),
  heroku: async (target) => (await import("tidegate/hooks/heroku")).heroku(target),
  kubernetes: async (target) => (await import("tidegate/hooks/kubernetes")).kubernetes(target),
  lambda: async (target) => (await import("tidegate/hooks/lambda")).lambda(target),
  netlify: async (target) => (await import("tidegate/hooks/netlify")).netlify(target),
  "netlify-hook": async (target) => (await import("tidegate/hooks/netlify-hook")).netlifyHook(target),
  railway: async (target) => (await import("tidegate/hooks/railway")).railway(target),
  render: async (target) => (await import("tidegate/hooks/render")).render(target),
  vercel: async (target) => (await import("tidegate/hooks/vercel")).vercel(target),
  "vercel-hook": async (target) => (await import("tidegate/hooks/vercel-hook")).vercelHook(target),
  webhook: async (target) => (await import("tidegate/hooks/webhook")).webhook(target),
};

/**
 * Loads only the hook that is chosen.
 *
 * @param supervisor The hook over the supervisor above this process; null where there is none.
 * @returns Undefined for the soft restart, which Tidegate has by itself.
 * @throws ConfigError where `node` is chosen, and there is no supervisor.
 */
export async function restartOf({ restart }: Config, supervisor: Hook | null = null): Promise<Hook | undefined> {
  const { hook, target } = restart;
  if (hook === null) return supervisor ?? undefined;
  if (hook === "soft") return undefined;
  if (hook !== "node") return target ? chosen(target) : undefined;
  if (supervisor) return supervisor;
  throw new ConfigError([{ variable: "RESTART_HOOK", needed: NODE_NEEDS, found: JSON.stringify(hook) }]);
}

const NODE_NEEDS =
  "a supervisor above the process to be node, on Node alone: set WEB_CONCURRENCY, and a DATABASE_URL and STATE_URL that processes can share";

function chosen<Kind extends HookTarget["kind"]>(target: Extract<HookTarget, { kind: Kind }>): Promise<Hook> {
  return HOOKS[target.kind as Kind](target);
}
