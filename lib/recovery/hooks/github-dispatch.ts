/**
 * What two hooks share: a GitHub workflow that deploys or restarts, started by `workflow_dispatch`.
 * https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
 */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { json } from "./answer.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import { type Hook, HookError } from "./hook.ts";
import type { GithubDispatchOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

const RUN_STARTED = v.object({ workflow_run_id: v.number(), html_url: v.nullish(v.string()) });
const RUN = v.object({ status: v.string(), conclusion: v.nullish(v.string()), html_url: v.nullish(v.string()) });
const WORKFLOW = v.object({ name: v.string(), state: v.string() });

const HEADERS = {
  accept: "application/vnd.github+json",
  // The one that has `return_run_details`; later ones tell of the run unasked.
  "x-github-api-version": "2022-11-28",
};

/** Asked for once: each request is a run. Where GitHub does not say which run it is, nothing is followed. */
export function githubDispatch(name: string, options: GithubDispatchOptions, runtime?: Runtime): Hook {
  const { token, repository, workflow, ref } = options;
  const headers = { ...HEADERS, ...bearer(token) };
  const { ask, refusal } = platform({ hook: name, secrets: secretsOf(token), headers, runtime });
  const actions = `https://api.github.com/repos/${repository.split("/").map(segment).join("/")}/actions`;
  const url = `${actions}/workflows/${segment(workflow)}`;

  const dispatch = (more: object, signal: AbortSignal) => {
    const body = json({ ref, inputs: {}, ...more });
    return ask({ doing: "starting the workflow", method: "POST", url: `${url}/dispatches`, ...body }, signal);
  };

  return {
    name,
    targets: [workflow],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 2 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const answer = await dispatch({ return_run_details: true }, signal).catch((error: unknown) => {
        // Refused as a request that it does not understand: nothing was started.
        if (error instanceof HookError && (error.status === 400 || error.status === 422)) return dispatch({}, signal);
        throw error;
      });
      if (answer.status === 204) return null;
      const run = answer.read(RUN_STARTED);
      return { id: `${run.workflow_run_id}`, url: run.html_url ?? null, status: null };
    },
    async status({ id, url: known }, signal) {
      const run = await ask(
        { doing: "looking up the run", method: "GET", url: `${actions}/runs/${segment(id)}` },
        signal,
      );
      const { status, conclusion, html_url } = run.read(RUN);
      // Beside success: failure, cancelled, timed_out, startup_failure and others. None of them did it all.
      const state = status !== "completed" ? "running" : conclusion === "success" ? "succeeded" : "failed";
      return { deployment: { id, url: html_url ?? known, status: conclusion ?? status }, state };
    },
    async dryRun(signal) {
      const doing = "looking up the workflow";
      const found = (await ask({ doing, method: "GET", url }, signal)).read(WORKFLOW);
      if (found.state !== "active") throw refusal(doing, `${workflow} is ${found.state}; enable it first`);
      return {
        checked: `The token sees the workflow ${found.name}, which is active.`,
        unchecked: `Whether it may start it, whether ${ref} exists there, and whether it takes workflow_dispatch.`,
      };
    },
  };
}
