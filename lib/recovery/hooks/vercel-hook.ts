/** Vercel's deploy hooks: a URL that builds and deploys one branch. https://vercel.com/docs/deploy-hooks */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import type { Hook } from "./hook.ts";
import type { VercelHookOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";
import { secretsOfUrl, wellKnown } from "./secret-url.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { VercelHookOptions } from "./options.ts";

const TRIGGERED = v.object({ job: v.object({ id: v.string(), state: v.nullish(v.string()) }) });

/**
 * Asked for once: Vercel builds for each request. The job's id leads nowhere without a token, so nothing is followed.
 *
 * @example
 * ```ts
 * const restart = vercelHook({ url: process.env.VERCEL_DEPLOY_HOOK_URL ?? "" });
 * ```
 */
export function vercelHook({ url }: VercelHookOptions, runtime?: Runtime): Hook {
  const secrets = secretsOfUrl(url);
  const { ask } = platform({ hook: "vercel-hook", secrets, runtime });
  return {
    name: "vercel-hook",
    targets: [],
    secrets: wellKnown(secrets),
    capabilities: ["restart"],
    deadlineMs: CALL_DEADLINE_MS,
    async fire({ signal }) {
      const answer = await ask({ doing: "triggering the deploy hook", method: "POST", url }, signal);
      const { job } = answer.read(TRIGGERED);
      return { id: job.id, url: null, status: job.state ?? null };
    },
    dryRun: async () => ({
      checked: "The URL has the form of a deploy hook.",
      unchecked: "Whether it is still in force: asking would deploy.",
    }),
  };
}
