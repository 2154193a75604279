/** GitHub Actions: starts a workflow that restarts or deploys whatever it is written for. */
import type { Runtime } from "../../runtime.ts";
import { githubDispatch } from "./github-dispatch.ts";
import type { Hook } from "./hook.ts";
import type { GithubActionsOptions } from "./options.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { GithubActionsOptions, GithubDispatchOptions } from "./options.ts";

/**
 * Followed is the run of the workflow. Asked for once: each request is a run.
 *
 * @example
 * ```ts
 * const restart = githubActions({ token, repository: "acme/shop", workflow: "restart.yml", ref: "main" });
 * ```
 */
export const githubActions = (options: GithubActionsOptions, runtime?: Runtime): Hook =>
  githubDispatch("github-actions", options, runtime);
