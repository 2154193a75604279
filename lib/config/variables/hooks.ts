/** Variables of the restart hooks. Where a platform or its command-line tool has a name for one, it is that name. */
import * as v from "valibot";
import { isLoopback } from "../../loopback.ts";
import { matching } from "../schemas.ts";
import type { Table, Variable } from "../variable.ts";

/** Others set these too, for purposes of their own: what they hold must not stop the start of who needs none of it. */
const NAME = matching("a name of at most 256 characters", /^\P{Cc}{1,256}$/u);
const TOKEN = matching("a token on one line, at most 8192 characters", /^[\x20-\x7e]{1,8192}$/);
const URL_OF_HOOK = matching("an https:// URL of at most 2048 characters", /^https:\/\/[^\s/?#@]+\/\S{1,2000}$/);
const HTTPS_URL = v.pipe(v.string(), v.check(isSafeUrl, "an https:// URL, or http:// on this machine"));
const REPOSITORY = matching("a repository as owner/name", /^[\w.-]{1,100}\/[\w.-]{1,100}$/);
/** Standard Webhooks: 24 to 64 bytes. */
const WEBHOOK_SECRETS = matching(
  "whsec_ and the base64 of 24 to 64 bytes, several with blanks between",
  /^whsec_[A-Za-z0-9+/]{32,86}={0,2}(?: +whsec_[A-Za-z0-9+/]{32,86}={0,2}){0,4}$/,
);

function isSafeUrl(text: string): boolean {
  const [, scheme, host] = /^(https?):\/\/([^\s/?#@]+?)(?::\d+)?(?:\/\S{0,2000})?$/.exec(text) ?? [];
  return scheme === "https" || (host !== undefined && isLoopback(host));
}

/** What a value is, by the word that its row begins with. */
const KINDS = {
  name: { schema: NAME },
  repository: { schema: REPOSITORY },
  api_url: { schema: HTTPS_URL },
  token: { schema: TOKEN, secret: "whole" },
  hook_url: { schema: URL_OF_HOOK, secret: "whole" },
  webhook_url: { schema: HTTPS_URL, secret: "whole" },
  webhook_secrets: { schema: WEBHOOK_SECRETS, secret: "whole" },
} as const;

type Row = readonly [kind: keyof typeof KINDS, description: string, otherwise?: string];

/** All optional here: which of them a hook needs is told in `hook-targets`. */
const ROWS = {
  CLOUDFLARE_ACCOUNT_ID: ["name", "Hooks `cloudflare`, `cloudflare-build-hook`: the account"],
  CLOUDFLARE_API_TOKEN: [
    "token",
    "Hook `cloudflare`: a token that may write Workers Scripts; `cloudflare-build-hook`: one that may read Workers CI, to follow builds",
  ],
  CLOUDFLARE_WORKER_NAME: ["name", "Hook `cloudflare`: the Worker"],
  CLOUDFLARE_BUILD_HOOK_URL: ["hook_url", "Hook `cloudflare-build-hook`: the deploy hook's URL"],
  VERCEL_TOKEN: ["token", "Hook `vercel`: an access token"],
  VERCEL_PROJECT_ID: ["name", "Hook `vercel`: the project"],
  VERCEL_TEAM_ID: ["name", "Hook `vercel`: the team that has the project", "the projects of the token's owner"],
  VERCEL_DEPLOY_HOOK_URL: ["hook_url", "Hook `vercel-hook`: the deploy hook's URL"],
  NETLIFY_AUTH_TOKEN: ["token", "Hook `netlify`: a personal access token"],
  NETLIFY_SITE_ID: ["name", "Hook `netlify`: the site"],
  NETLIFY_BUILD_HOOK_URL: ["hook_url", "Hook `netlify-hook`: the build hook's URL"],
  RENDER_API_KEY: ["token", "Hook `render`: an API key"],
  RENDER_SERVICE_ID: ["name", "Hook `render`: the service", "none; Render sets it"],
  FLY_API_TOKEN: ["token", "Hook `fly`: a deploy token of the app"],
  FLY_APP_NAME: ["name", "Hook `fly`: the app", "none; Fly sets it"],
  FLY_MACHINE_ID: [
    "name",
    "Hook `fly`: the machine that this instance runs on, which is restarted last",
    "none; Fly sets it",
  ],
  RAILWAY_TOKEN: ["token", "Hook `railway`: a token of the project"],
  RAILWAY_API_TOKEN: [
    "token",
    "Hook `railway`: a token of the account or the workspace, where there is none of the project",
  ],
  RAILWAY_SERVICE_ID: ["name", "Hook `railway`: the service", "none; Railway sets it"],
  RAILWAY_ENVIRONMENT_ID: ["name", "Hook `railway`: the environment", "none; Railway sets it"],
  HEROKU_API_KEY: ["token", "Hook `heroku`: an API key or OAuth token"],
  HEROKU_APP_NAME: ["name", "Hook `heroku`: the app", "none; Heroku sets it with dyno metadata"],
  AWS_REGION: ["name", "Hook `lambda`: the region", "none; Lambda sets it"],
  AWS_ACCESS_KEY_ID: ["name", "Hook `lambda`: the access key", "none; Lambda sets it"],
  AWS_SECRET_ACCESS_KEY: ["token", "Hook `lambda`: its secret", "none; Lambda sets it"],
  AWS_SESSION_TOKEN: ["token", "Hook `lambda`: the session, of temporary keys", "none; Lambda sets it"],
  AWS_LAMBDA_FUNCTION_NAME: ["name", "Hook `lambda`: the function", "none; Lambda sets it"],
  AWS_LAMBDA_ALIAS: ["name", "Hook `lambda`: the alias that gets the new version", "`$LATEST` alone"],
  GOOGLE_CLOUD_PROJECT: ["name", "Hook `cloud-run`: the project"],
  CLOUD_RUN_REGION: ["name", "Hook `cloud-run`: the region"],
  CLOUD_RUN_SERVICE: ["name", "Hook `cloud-run`: the service"],
  CLOUD_RUN_TOKEN: ["token", "Hook `cloud-run`: an access token", "the metadata server's"],
  KUBERNETES_DEPLOYMENT: ["name", "Hook `kubernetes`: the deployment"],
  KUBERNETES_NAMESPACE: ["name", "Hook `kubernetes`: its namespace", "the pod's own"],
  KUBERNETES_API_URL: ["api_url", "Hook `kubernetes`: where the API server is", "the cluster's own, with its CA"],
  KUBERNETES_TOKEN: [
    "token",
    "Hook `kubernetes`: a token that may get and patch the deployment",
    "the pod's service account",
  ],
  GITHUB_DISPATCH_TOKEN: ["token", "Hooks `github-actions`, `deno-deploy`: a token that may write Actions"],
  GITHUB_DISPATCH_REPOSITORY: ["repository", "Hooks `github-actions`, `deno-deploy`: the repository, as `owner/name`"],
  GITHUB_DISPATCH_WORKFLOW: [
    "name",
    "Hooks `github-actions`, `deno-deploy`: the workflow's file, such as `deploy.yml`",
  ],
  GITHUB_DISPATCH_REF: ["name", "Hooks `github-actions`, `deno-deploy`: the branch or tag it runs on", "`main`"],
  RESTART_WEBHOOK_URL: ["webhook_url", "Hook `webhook`: what is called"],
  RESTART_WEBHOOK_SECRET: [
    "webhook_secrets",
    "Hook `webhook`: `whsec_` and base64; several with blanks between while rotating",
  ],
} as const;

export type HookValues = { readonly [Name in keyof typeof ROWS]: string | null };

function variableOf([kind, description, otherwise = "none"]: Row): Variable<string | null> {
  return { group: "hooks", default: null, otherwise, description, ...KINDS[kind] };
}

export const HOOKS: Table<HookValues> = Object.fromEntries(
  Object.entries<Row>(ROWS).map(([name, row]) => [name, variableOf(row)]),
) as { [Name in keyof HookValues]: Variable<string | null> };

export const HOOK_SECRETS: readonly (keyof HookValues)[] = (Object.keys(HOOKS) as (keyof HookValues)[]).filter(
  (name) => "secret" in HOOKS[name],
);
