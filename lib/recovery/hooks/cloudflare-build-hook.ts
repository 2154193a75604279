/** Deploy hooks of Workers Builds: a URL that builds and deploys one branch. https://developers.cloudflare.com/workers/ci-cd/builds/deploy-hooks/ */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook, Progress } from "./hook.ts";
import type { CloudflareBuildHookOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";
import { secretsOfUrl, wellKnown } from "./secret-url.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { CloudflareBuildHookOptions } from "./options.ts";

const TRIGGERED = v.object({
  success: v.literal(true),
  result: v.object({ build_uuid: v.string(), already_exists: v.nullish(v.boolean()), status: v.nullish(v.string()) }),
});
const BUILD = v.object({
  result: v.object({ build_outcome: v.nullish(v.string()), status: v.nullish(v.string()) }),
});
const TOKEN = v.object({ result: v.object({ status: v.string() }) });

const API = "https://api.cloudflare.com/client/v4";

/**
 * Triggers are merged with a build that waits (`already queued`), and with none that has begun: nobody can know that
 * after an answer that did not come. Hence it is asked for once.
 *
 * @example
 * ```ts
 * const restart = cloudflareBuildHook({ url, account: { apiToken, accountId } });
 * ```
 */
export function cloudflareBuildHook({ url, account }: CloudflareBuildHookOptions, runtime?: Runtime): Hook {
  const secrets = [...secretsOfUrl(url), ...secretsOf(account?.apiToken)];
  const { ask, refusal } = platform({ hook: "cloudflare-build-hook", secrets, runtime });

  const hook: Hook = {
    name: "cloudflare-build-hook",
    targets: [],
    secrets: wellKnown(secrets),
    capabilities: account ? ["restart", "status", "dry_run"] : ["restart"],
    deadlineMs: CALL_DEADLINE_MS,
    async fire({ signal }) {
      const answer = await ask({ doing: "triggering the deploy hook", method: "POST", url }, signal);
      const { build_uuid: id, already_exists, status } = answer.read(TRIGGERED).result;
      return { id, url: null, status: already_exists ? "already queued" : (status ?? null) };
    },
    dryRun: async () => ({
      checked: "The URL has the form of a deploy hook.",
      unchecked: "Whether it is still in force: asking would build.",
    }),
  };
  if (!account) return hook;

  const headers = bearer(account.apiToken);
  return {
    ...hook,
    async status({ id }, signal): Promise<Progress> {
      const build = `${API}/accounts/${segment(account.accountId)}/builds/builds/${segment(id)}`;
      const answer = await ask({ doing: "looking up the build", method: "GET", url: build, headers }, signal);
      const { build_outcome: outcome, status } = answer.read(BUILD).result;
      // Beside success: fail, skipped, cancelled, terminated. None of them deploys.
      const state = !outcome ? "running" : outcome === "success" ? "succeeded" : "failed";
      return { deployment: { id, url: null, status: outcome ?? status ?? null }, state };
    },
    async dryRun(signal) {
      const doing = "verifying the token";
      const answer = await ask({ doing, method: "GET", url: `${API}/user/tokens/verify`, headers }, signal);
      const { status } = answer.read(TOKEN).result;
      if (status !== "active") throw refusal(doing, `it is ${status}; make a new one`);
      return {
        checked: "The token that follows builds is in force, and the URL has the form of a deploy hook.",
        unchecked: "Whether the URL is still in force (asking would build), and whether the token may read builds.",
      };
    },
  };
}
