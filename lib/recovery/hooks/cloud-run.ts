/** Cloud Run: makes a new revision of what the service is. https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/patch */
import * as v from "valibot";
import { type Runtime, systemRuntime } from "../../runtime.ts";
import { json } from "./answer.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook, Progress } from "./hook.ts";
import type { CloudRunOptions } from "./options.ts";
import { CALL_DEADLINE_MS, type Platform, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { CloudRunOptions } from "./options.ts";

const GRANTED = v.object({ access_token: v.string() });
/** The template goes back as it was read, whatever is in it. */
const SERVICE = v.object({ etag: v.string(), template: v.looseObject({}) });
const VALUES = v.object({
  containers: v.array(v.object({ env: v.nullish(v.array(v.object({ value: v.nullish(v.string(), "") })), []) })),
});
const TRAFFIC = v.object({ traffic: v.nullish(v.array(v.object({ type: v.string() })), []) });
const OPERATION = v.object({
  name: v.string(),
  done: v.nullish(v.boolean(), false),
  error: v.nullish(v.object({ message: v.string() })),
});

const API = "https://run.googleapis.com/v2";
const LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
/** Of every instance, and of nobody else. https://cloud.google.com/run/docs/container-contract#metadata-server */
const METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";

/**
 * Asked for once: each request is a revision. The `etag` sees to it that what somebody else changes in between is not
 * undone: then nothing is restarted, and it can be asked for again.
 *
 * @example
 * ```ts
 * const here = { project: "acme", region: "europe-west1", service: "shop", token: null };
 * const tide = tidegate({ database, store, restart: cloudRun(here) });
 * ```
 */
export function cloudRun(
  { project, region, service, ...options }: CloudRunOptions,
  runtime: Runtime = systemRuntime(),
): Hook {
  const url = `${API}/projects/${segment(project)}/locations/${segment(region)}/services/${segment(service)}`;

  const platformWith = (token: string | null, headers: Readonly<Record<string, string>>): Platform =>
    platform({ hook: "cloud-run", secrets: secretsOf(token), headers, runtime });

  /** Anew for each use: tokens of the metadata server last for minutes. */
  async function connected(signal: AbortSignal): Promise<Platform> {
    const { token } = options;
    if (token !== null) return platformWith(token, bearer(token));
    const metadata = platformWith(null, { "metadata-flavor": "Google" });
    const call = { doing: "asking the metadata server for a token", method: "GET", url: METADATA } as const;
    const granted = (await metadata.ask(call, signal)).read(GRANTED).access_token;
    return platformWith(granted, bearer(granted));
  }

  async function patch(query: string, signal: AbortSignal): Promise<v.InferOutput<typeof OPERATION>> {
    const { ask, refusal } = await connected(signal);
    const answer = await ask({ doing: "reading the service", method: "GET", url }, signal);
    const { etag, template: read } = answer.read(SERVICE);
    const { traffic } = answer.read(TRAFFIC);
    if (traffic.length > 0 && !traffic.some(({ type }) => type === LATEST)) {
      throw refusal(
        "reading the service",
        `${service} sends all traffic to older revisions; send it to the latest first`,
      );
    }
    // A name that was given to the last revision is taken.
    const { revision: _taken, ...template } = read;
    const asked = {
      doing: "making a new revision",
      method: "PATCH",
      url: `${url}?forceNewRevision=true${query}`,
      ...json({ etag, template }),
      secrets: valuesOf(template),
    } as const;
    return (await ask(asked, signal)).read(OPERATION);
  }

  return {
    name: "cloud-run",
    targets: [service],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 5 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const { name } = await patch("", signal);
      return { id: name, url: null, status: null };
    },
    async status(deployment, signal): Promise<Progress> {
      const { ask } = await connected(signal);
      const operation = `${API}/${deployment.id.split("/").map(segment).join("/")}`;
      const answer = await ask({ doing: "looking up the operation", method: "GET", url: operation }, signal);
      const { done, error } = answer.read(OPERATION);
      const state = !done ? "running" : error ? "failed" : "succeeded";
      return { deployment: { ...deployment, status: error ? "error" : done ? "done" : "running" }, state };
    },
    async dryRun(signal) {
      // Google does all but keep it: permissions are asked too.
      await patch("&validateOnly=true", signal);
      return {
        checked: `Cloud Run would make a new revision of ${service}.`,
        unchecked: "Whether its instances start.",
      };
    },
  };
}

/** Of the environment: what Google says of a template may repeat it. */
function valuesOf(template: object): readonly string[] {
  const { success, output } = v.safeParse(VALUES, template);
  return success ? output.containers.flatMap(({ env }) => env.map(({ value }) => value)) : [];
}
