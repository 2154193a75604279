/** Cloudflare Workers: deploys once more what is deployed. https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/deployments/ */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { json } from "./answer.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook } from "./hook.ts";
import type { CloudflareOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { CloudflareOptions } from "./options.ts";

const VERSION = v.object({ version_id: v.string(), percentage: v.number() });
const DEPLOYMENTS = v.object({
  result: v.object({ deployments: v.array(v.object({ id: v.string(), versions: v.array(VERSION) })) }),
});
const DEPLOYED = v.object({ success: v.literal(true), result: v.object({ id: v.string() }) });

/**
 * The versions go back as they were read: two of them while one replaces the other by and by. Asked for once, since a
 * second time could undo what somebody deployed in between. Whether isolates end for the same versions, Cloudflare does
 * not say: prefer `cloudflare-build-hook` where a build is no trouble.
 *
 * @example
 * ```ts
 * const restart = cloudflare({ apiToken, accountId, workerName: "shop" });
 * ```
 */
export function cloudflare({ apiToken, accountId, workerName }: CloudflareOptions, runtime?: Runtime): Hook {
  const secrets = secretsOf(apiToken);
  const { ask, refusal } = platform({ hook: "cloudflare", secrets, headers: bearer(apiToken), runtime });
  const account = `https://api.cloudflare.com/client/v4/accounts/${segment(accountId)}`;
  const url = `${account}/workers/scripts/${segment(workerName)}/deployments`;

  const deployments = async (signal: AbortSignal) => {
    const answer = await ask({ doing: "looking up the deployments", method: "GET", url }, signal);
    return answer.read(DEPLOYMENTS).result.deployments;
  };
  /** The first is the one that serves. */
  const versionsInForce = async (signal: AbortSignal) => {
    const [active] = await deployments(signal);
    if (active && active.versions.length > 0) return active.versions;
    throw refusal("looking up the deployments", `${workerName} has none; deploy it first`);
  };

  return {
    name: "cloudflare",
    targets: [workerName],
    secrets,
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 3 * CALL_DEADLINE_MS,
    async fire({ id, signal }) {
      const versions = await versionsInForce(signal);
      const annotations = { "workers/message": `tidegate restart ${id}` };
      const doing = "deploying the versions in force";
      const body = json({ strategy: "percentage", versions, annotations });
      const answer = await ask({ doing, method: "POST", url: `${url}?force=true`, ...body }, signal);
      return { id: answer.read(DEPLOYED).result.id, url: null, status: null };
    },
    async status({ id }, signal) {
      const place = (await deployments(signal)).findIndex((deployment) => deployment.id === id);
      if (place === -1) return { deployment: { id, url: null, status: "pending" }, state: "running" };
      return { deployment: { id, url: null, status: place === 0 ? "active" : "replaced" }, state: "succeeded" };
    },
    async dryRun(signal) {
      const versions = await versionsInForce(signal);
      const shares = versions.map(({ version_id, percentage }) => `${version_id} (${percentage} %)`).join(" and ");
      return {
        checked: `The token sees the Worker ${workerName}, which runs ${shares}.`,
        unchecked: "Whether it may deploy, and whether isolates end when the same versions are deployed again.",
      };
    },
  };
}
