/** Those that restart Workers; the others would be a tenth of the bundle, which has a start to make each time. */
import type { Hooks } from "../restart.ts";

export const CLOUDFLARE_HOOKS = {
  cloudflare: async (target) => (await import("tidegate/hooks/cloudflare")).cloudflare(target),
  "cloudflare-build-hook": async (target) =>
    (await import("tidegate/hooks/cloudflare-build-hook")).cloudflareBuildHook(target),
  "github-actions": async (target) => (await import("tidegate/hooks/github-actions")).githubActions(target),
  webhook: async (target) => (await import("tidegate/hooks/webhook")).webhook(target),
} satisfies Hooks;
