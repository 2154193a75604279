/** Netlify: builds and deploys the site once more. https://open-api.netlify.com/#tag/build/operation/createSiteBuild */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook } from "./hook.ts";
import type { NetlifyOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { NetlifyOptions } from "./options.ts";

const STARTED = v.object({ id: v.string() });
const BUILD = v.object({ done: v.boolean(), error: v.nullish(v.string()) });
const SITE = v.object({
  name: v.string(),
  build_settings: v.nullish(v.object({ stop_builds: v.nullish(v.boolean()) })),
  published_deploy: v.nullish(v.object({ locked: v.nullish(v.boolean()) })),
});

const API = "https://api.netlify.com/api/v1";

/**
 * Asked for once: each request is a build.
 *
 * @example
 * ```ts
 * const restart = netlify({ token, siteId });
 * ```
 */
export function netlify({ token, siteId }: NetlifyOptions, runtime?: Runtime): Hook {
  const { ask, refusal } = platform({ hook: "netlify", secrets: secretsOf(token), headers: bearer(token), runtime });
  const url = `${API}/sites/${segment(siteId)}`;
  return {
    name: "netlify",
    targets: [siteId],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: CALL_DEADLINE_MS,
    async fire({ signal }) {
      const answer = await ask({ doing: "building the site", method: "POST", url: `${url}/builds` }, signal);
      return { id: answer.read(STARTED).id, url: null, status: null };
    },
    async status({ id }, signal) {
      const call = { doing: "looking up the build", method: "GET", url: `${API}/builds/${segment(id)}` } as const;
      const { done, error } = (await ask(call, signal)).read(BUILD);
      // What the error says is the build's own text, which may be long and is in Netlify's log.
      const status = error ? "error" : done ? "done" : "building";
      return {
        deployment: { id, url: null, status },
        state: error ? "failed" : done ? "succeeded" : "running",
      };
    },
    async dryRun(signal) {
      const doing = "looking up the site";
      const { name, ...site } = (await ask({ doing, method: "GET", url }, signal)).read(SITE);
      if (site.build_settings?.stop_builds) throw refusal(doing, `builds of ${name} are stopped; activate them first`);
      if (site.published_deploy?.locked)
        throw refusal(doing, `publishing of ${name} is locked, so that no build goes live; unlock it first`);
      return {
        checked: `The token sees the site ${name}, which may be built and published.`,
        unchecked: "Whether it may build it, and whether the site has a repository to build from.",
      };
    },
  };
}
