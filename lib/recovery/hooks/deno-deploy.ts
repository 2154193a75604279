/**
 * Deno Deploy, whose API (v2) deploys sources and redeploys nothing: starts the GitHub workflow that deploys.
 * https://docs.deno.com/deploy/
 */
import type { Runtime } from "../../runtime.ts";
import { githubDispatch } from "./github-dispatch.ts";
import type { Hook } from "./hook.ts";
import type { DenoDeployOptions } from "./options.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { DenoDeployOptions, GithubDispatchOptions } from "./options.ts";

/**
 * Followed is the run of the workflow, not the revision that it makes. Without such a workflow, the soft restart is left.
 *
 * @example
 * ```ts
 * const restart = denoDeploy({ token, repository: "acme/shop", workflow: "deploy.yml", ref: "main" });
 * ```
 */
export const denoDeploy = (options: DenoDeployOptions, runtime?: Runtime): Hook =>
  githubDispatch("deno-deploy", options, runtime);
