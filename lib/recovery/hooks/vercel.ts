/** Vercel: deploys once more what is in production. https://vercel.com/docs/rest-api/deployments/create-a-new-deployment */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { json } from "./answer.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook, Progress } from "./hook.ts";
import type { VercelOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { VercelOptions } from "./options.ts";

const PROJECT = v.object({
  name: v.string(),
  targets: v.nullish(v.object({ production: v.nullish(v.object({ id: v.string() })) })),
});
const DEPLOYMENT = v.object({ id: v.string(), url: v.nullish(v.string()), readyState: v.string() });

const API = "https://api.vercel.com";
const STATES: Readonly<Record<string, Progress["state"]>> = {
  READY: "succeeded",
  ERROR: "failed",
  CANCELED: "failed",
  BLOCKED: "failed",
};

/**
 * What is in production is looked up each time: after a rollback it is not the latest, and a deployment of long ago
 * would be a rollback. Asked for once: each request is a deployment, of which the Hobby plan has 100 a day.
 *
 * @example
 * ```ts
 * const restart = vercel({ token, projectId: "prj_abc123", teamId: "team_def456" });
 * ```
 */
export function vercel({ token, projectId, teamId }: VercelOptions, runtime?: Runtime): Hook {
  const { ask, refusal } = platform({ hook: "vercel", secrets: secretsOf(token), headers: bearer(token), runtime });
  const team: Record<string, string> =
    teamId === null ? {} : teamId.startsWith("team_") ? { teamId } : { slug: teamId };
  const urlOf = (path: string, query: Readonly<Record<string, string>> = {}) => {
    const search = new URLSearchParams({ ...query, ...team }).toString();
    return `${API}${path}${search && `?${search}`}`;
  };

  const inProduction = async (signal: AbortSignal) => {
    const doing = "looking up the project";
    const answer = await ask({ doing, method: "GET", url: urlOf(`/v9/projects/${segment(projectId)}`) }, signal);
    const { name, targets } = answer.read(PROJECT);
    if (!targets?.production) throw refusal(doing, `${name} has nothing in production; deploy it first`);
    return { name, id: targets.production.id };
  };
  const progressOf = ({ id, url, readyState }: v.InferOutput<typeof DEPLOYMENT>): Progress => ({
    deployment: { id, url: url ? `https://${url}` : null, status: readyState },
    state: STATES[readyState] ?? "running",
  });

  return {
    name: "vercel",
    targets: [projectId],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 3 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const { name, id: deploymentId } = await inProduction(signal);
      const url = urlOf("/v13/deployments", { forceNew: "1" });
      // Without `target` it would be a preview.
      const body = json({ name, deploymentId, target: "production" });
      const answer = await ask({ doing: "deploying what is in production", method: "POST", url, ...body }, signal);
      return progressOf(answer.read(DEPLOYMENT)).deployment;
    },
    async status({ id }, signal) {
      const url = urlOf(`/v13/deployments/${segment(id)}`);
      return progressOf(
        (await ask({ doing: "looking up the deployment", method: "GET", url }, signal)).read(DEPLOYMENT),
      );
    },
    async dryRun(signal) {
      const { name, id } = await inProduction(signal);
      return {
        checked: `The token sees the project ${name}, which has ${id} in production.`,
        unchecked: "Whether it may deploy.",
      };
    },
  };
}
