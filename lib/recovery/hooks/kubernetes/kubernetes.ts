/**
 * Kubernetes: rolls the pods of one Deployment over, as `kubectl rollout restart` does.
 *
 * Map of this folder: `kubernetes` is the hook, `rollout` a Deployment and how far it is, `cluster` the one that this
 * runs in.
 */
import { type Runtime, systemRuntime } from "../../../runtime.ts";
import type { PlatformCall } from "../answer.ts";
import { bearer, secretsOf, segment } from "../credentials.ts";
import { type Hook, HookError } from "../hook.ts";
import type { KubernetesOptions } from "../options.ts";
import { CALL_DEADLINE_MS, type Platform, platform } from "../platform.ts";
import { type Cluster, fetchTrusting, mounted, OWN_CLUSTER } from "./cluster.ts";
import { progressOf, ROLLOUT, type Rollout } from "./rollout.ts";

export type { Runtime } from "../../../runtime.ts";
export type { Hook } from "../hook.ts";
export type { KubernetesOptions } from "../options.ts";
export type { Cluster } from "./cluster.ts";

/** Such as `DEPTH_ZERO_SELF_SIGNED_CERT` and `UNABLE_TO_VERIFY_LEAF_SIGNATURE` (Node), `UnknownIssuer` (Deno). */
const UNTRUSTED = /cert|issuer|leaf_signature/i;
const TRUST = "; give NODE_EXTRA_CA_CERTS (Node) or DENO_CERT (Deno) the file of the CA that signed for the API server";

/**
 * The pod template gets the time of the restart as an annotation. It is the same for every attempt, hence asked for
 * again where no answer came.
 *
 * @param cluster where what is null comes from.
 *
 * @example
 * ```ts
 * const inCluster = { deployment: "shop", namespace: null, url: null, token: null };
 * const tide = tidegate({ database, store, restart: kubernetes(inCluster) });
 * ```
 */
export function kubernetes(
  { deployment, ...options }: KubernetesOptions,
  runtime: Runtime = systemRuntime(),
  cluster: Cluster = OWN_CLUSTER,
): Hook {
  /** Anew for each use: tokens are replaced every hour, and CAs at times. */
  function connected(): { readonly api: Platform; readonly url: string } {
    const token = options.token ?? mounted(cluster, "token");
    const namespace = options.namespace ?? mounted(cluster, "namespace");
    const ca = options.url === null ? mounted(cluster, "ca.crt") : null;
    const fetch = (ca === null ? undefined : fetchTrusting(ca)) ?? runtime.fetch;
    const api = platform({
      hook: "kubernetes",
      secrets: secretsOf(token),
      headers: token === null ? {} : bearer(token),
      runtime: { ...runtime, fetch },
    });
    if (token === null || namespace === null) {
      const found = `no service account in ${cluster.folder}; set KUBERNETES_TOKEN, KUBERNETES_NAMESPACE and KUBERNETES_API_URL`;
      throw api.refusal("looking for the pod's account", found);
    }
    const base = (options.url ?? cluster.url).replace(/\/+$/, "");
    return { api, url: `${base}/apis/apps/v1/namespaces/${segment(namespace)}/deployments/${segment(deployment)}` };
  }
  async function ask(api: Platform, call: PlatformCall, signal: AbortSignal): Promise<Rollout> {
    const answer = await api.ask(call, signal).catch((error: unknown) => {
      if (!(error instanceof HookError && error.fault === "unreachable" && UNTRUSTED.test(error.message))) throw error;
      throw new HookError(error.message + TRUST, error);
    });
    return answer.read(ROLLOUT);
  }
  const read = (api: Platform, url: string, signal: AbortSignal) =>
    ask(api, { doing: "reading the deployment", method: "GET", url }, signal);

  async function patch(query: string, signal: AbortSignal): Promise<Rollout> {
    const { api, url } = connected();
    if ((await read(api, url, signal)).spec.paused) {
      throw api.refusal("reading the deployment", `${deployment} is paused, and would not roll; resume it first`);
    }
    // As kubectl writes it: to the second.
    const restartedAt = new Date(runtime.wallMs()).toISOString().replace(/\.\d{3}/, "");
    const annotations = { "kubectl.kubernetes.io/restartedAt": restartedAt };
    const call: PlatformCall = {
      doing: "restarting the deployment",
      method: "PATCH",
      url: `${url}?fieldManager=tidegate${query}`,
      headers: { "content-type": "application/strategic-merge-patch+json" },
      body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
      repeatable: true,
    };
    return ask(api, call, signal);
  }

  return {
    name: "kubernetes",
    targets: [deployment],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 4 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const rollout = await patch("", signal);
      return { id: `generation-${rollout.metadata.generation}`, url: null, status: progressOf(rollout).status };
    },
    async status(deployed, signal) {
      const { api, url } = connected();
      const { state, status } = progressOf(await read(api, url, signal));
      return { deployment: { ...deployed, status }, state };
    },
    async dryRun(signal) {
      // Kubernetes does all but keep it: permission and admission are asked too.
      const { spec } = await patch("&dryRun=All", signal);
      return { checked: `Kubernetes would restart ${deployment} with its ${spec.replicas} pods.`, unchecked: null };
    },
  };
}
