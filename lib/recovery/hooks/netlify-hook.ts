/** Netlify's build hooks: a URL that builds and deploys one branch. https://docs.netlify.com/configure-builds/build-hooks/ */
import type { Runtime } from "../../runtime.ts";
import { json } from "./answer.ts";
import type { Hook } from "./hook.ts";
import type { NetlifyHookOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";
import { secretsOfUrl, wellKnown } from "./secret-url.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { NetlifyHookOptions } from "./options.ts";

/**
 * Asked for once: Netlify builds for each request. It says nothing of the build, so nothing is followed.
 *
 * @example
 * ```ts
 * const restart = netlifyHook({ url: process.env.NETLIFY_BUILD_HOOK_URL ?? "" });
 * ```
 */
export function netlifyHook({ url }: NetlifyHookOptions, runtime?: Runtime): Hook {
  const secrets = secretsOfUrl(url);
  const { ask } = platform({ hook: "netlify-hook", secrets, runtime });
  return {
    name: "netlify-hook",
    targets: [],
    secrets: wellKnown(secrets),
    capabilities: ["restart"],
    deadlineMs: CALL_DEADLINE_MS,
    async fire({ signal }) {
      await ask({ doing: "triggering the build hook", method: "POST", url, ...json({}) }, signal);
      return null;
    },
    dryRun: async () => ({
      checked: "The URL has the form of a build hook.",
      unchecked: "Whether it is still in force: asking would build.",
    }),
  };
}
