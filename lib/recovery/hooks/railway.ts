/** Railway: restarts what one service runs in one environment, without a build. https://docs.railway.com/reference/public-api */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { bare, bearer, secretsOf } from "./credentials.ts";
import type { Hook, HookFault } from "./hook.ts";
import type { RailwayOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { RailwayOptions } from "./options.ts";

/** One of what Railway is asked; its name tells them apart for people, since all of them go to one URL. */
interface Operation<Data> {
  readonly doing: string;
  readonly query: string;
  readonly data: v.GenericSchema<unknown, Data>;
  readonly repeatable: boolean;
}

const DEPLOYMENT = v.object({ id: v.pipe(v.string(), v.minLength(1)), status: v.string() });

const LATEST: Operation<{
  serviceInstance: { latestDeployment?: v.InferOutput<typeof DEPLOYMENT> | null | undefined };
}> = {
  doing: "looking up the latest deployment",
  query:
    "query latestDeployment($serviceId: String!, $environmentId: String!) { serviceInstance(serviceId: $serviceId, environmentId: $environmentId) { latestDeployment { id status } } }",
  data: v.object({ serviceInstance: v.object({ latestDeployment: v.nullish(DEPLOYMENT) }) }),
  repeatable: true,
};
const RESTART: Operation<{ deploymentRestart: boolean }> = {
  doing: "restarting the deployment",
  query: "mutation deploymentRestart($id: String!) { deploymentRestart(id: $id) }",
  data: v.object({ deploymentRestart: v.boolean() }),
  repeatable: false,
};
const STATUS: Operation<{ deployment: { status: string } }> = {
  doing: "looking up the deployment",
  query: "query deployment($id: String!) { deployment(id: $id) { status } }",
  data: v.object({ deployment: v.object({ status: v.string() }) }),
  repeatable: true,
};

/** Railway says no with status 200. */
const REFUSAL = v.object({ message: v.string(), extensions: v.nullish(v.object({ code: v.nullish(v.string()) })) });
const SAID = v.object({ errors: v.nullish(v.array(REFUSAL)) });

const SUCCEEDED = ["SUCCESS", "SLEEPING"];
const FAILED = ["CRASHED", "FAILED", "REMOVED", "REMOVING", "SKIPPED"];

/**
 * Restarting is asked for once: twice would be two restarts. Asking for what is there is repeated.
 *
 * @example
 * ```ts
 * const restart = railway({ token: { of: "project", value: token }, serviceId, environmentId });
 * ```
 */
export function railway({ token, serviceId, environmentId }: RailwayOptions, runtime?: Runtime): Hook {
  const headers = token.of === "project" ? { "project-access-token": bare(token.value) } : bearer(token.value);
  const { ask, refusal } = platform({
    hook: "railway",
    secrets: secretsOf(token.value),
    headers: { ...headers, "content-type": "application/json" },
    runtime,
  });

  async function answerTo<Data>(operation: Operation<Data>, variables: object, signal: AbortSignal): Promise<Data> {
    const { doing, query, data, repeatable } = operation;
    const body = JSON.stringify({ query, variables });
    const url = "https://backboard.railway.com/graphql/v2";
    const answer = await ask({ doing, method: "POST", url, body, repeatable }, signal);
    const [error] = answer.read(SAID).errors ?? [];
    if (error) throw refusal(doing, `found: ${JSON.stringify(error.message)}`, faultOf(error));
    return answer.read(v.object({ data })).data;
  }
  async function latest(signal: AbortSignal) {
    const { serviceInstance } = await answerTo(LATEST, { serviceId, environmentId }, signal);
    const deployment = serviceInstance.latestDeployment;
    if (!deployment) throw refusal(LATEST.doing, "the service has none in this environment; deploy it first");
    return deployment;
  }

  return {
    name: "railway",
    targets: [serviceId],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 4 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const { id } = await latest(signal);
      const { deploymentRestart: agreed } = await answerTo(RESTART, { id }, signal);
      if (!agreed) throw refusal(RESTART.doing, "Railway did not agree");
      return { id, url: null, status: "restarting" };
    },
    async status(deployment, signal) {
      const { status } = (await answerTo(STATUS, { id: deployment.id }, signal)).deployment;
      const state = SUCCEEDED.includes(status) ? "succeeded" : FAILED.includes(status) ? "failed" : "running";
      return { deployment: { ...deployment, status }, state };
    },
    async dryRun(signal) {
      const { id, status } = await latest(signal);
      return {
        checked: `The token sees deployment ${id}, which is ${status}.`,
        unchecked: "Whether it may restart it.",
      };
    },
  };
}

function faultOf({ message, extensions }: v.InferOutput<typeof REFUSAL>): HookFault {
  if (/not authorized|unauthenticated/i.test(`${message} ${extensions?.code}`)) return "unauthorized";
  return extensions?.code === "INTERNAL_SERVER_ERROR" ? "failed" : "refused";
}
