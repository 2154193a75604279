/** Every hook there is: the doctor runs where the application does, whatever platform that is. */
import type { HookOptions } from "../../config.ts";
import type { Hook, HookLoaders } from "../../recovery/hooks/hook.ts";

const HOOKS: HookLoaders = {
  "cloud-run": async (target) => (await import("../../recovery/hooks/cloud-run.ts")).cloudRun(target),
  cloudflare: async (target) => (await import("../../recovery/hooks/cloudflare.ts")).cloudflare(target),
  "cloudflare-build-hook": async (target) =>
    (await import("../../recovery/hooks/cloudflare-build-hook.ts")).cloudflareBuildHook(target),
  "deno-deploy": async (target) => (await import("../../recovery/hooks/deno-deploy.ts")).denoDeploy(target),
  fly: async (target) => (await import("../../recovery/hooks/fly.ts")).fly(target),
  "github-actions": async (target) => (await import("../../recovery/hooks/github-actions.ts")).githubActions(target),
  heroku: async (target) => (await import("../../recovery/hooks/heroku.ts")).heroku(target),
  kubernetes: async (target) => (await import("../../recovery/hooks/kubernetes/kubernetes.ts")).kubernetes(target),
  lambda: async (target) => (await import("../../recovery/hooks/lambda/lambda.ts")).lambda(target),
  netlify: async (target) => (await import("../../recovery/hooks/netlify.ts")).netlify(target),
  "netlify-hook": async (target) => (await import("../../recovery/hooks/netlify-hook.ts")).netlifyHook(target),
  railway: async (target) => (await import("../../recovery/hooks/railway.ts")).railway(target),
  render: async (target) => (await import("../../recovery/hooks/render.ts")).render(target),
  vercel: async (target) => (await import("../../recovery/hooks/vercel.ts")).vercel(target),
  "vercel-hook": async (target) => (await import("../../recovery/hooks/vercel-hook.ts")).vercelHook(target),
  webhook: async (target) => (await import("../../recovery/hooks/webhook.ts")).webhook(target),
};

export function hookOf<Kind extends keyof HookOptions>(target: { kind: Kind } & HookOptions[Kind]): Promise<Hook> {
  return HOOKS[target.kind](target);
}
