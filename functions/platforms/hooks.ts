/** Every hook: where it runs and what it restarts need not be the same. */
import type { HookLoaders } from "tidegate";

export const ALL_HOOKS: HookLoaders = {
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
