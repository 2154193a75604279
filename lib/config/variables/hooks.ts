/** Variables of the restart hooks. Where a platform or its command-line tool has a name for one, it is that name. */
import { matching } from "../schemas.ts";
import type { Schema, Table } from "../variable.ts";

/** All optional here: which of them a hook needs is told in `hook-targets`. */
export interface HookValues {
  readonly CLOUDFLARE_ACCOUNT_ID: string | null;
  readonly CLOUDFLARE_API_TOKEN: string | null;
  readonly CLOUDFLARE_WORKER_NAME: string | null;
  readonly CLOUDFLARE_BUILD_HOOK_URL: string | null;
  readonly VERCEL_TOKEN: string | null;
  readonly VERCEL_PROJECT_ID: string | null;
  readonly VERCEL_TEAM_ID: string | null;
  readonly VERCEL_DEPLOY_HOOK_URL: string | null;
  readonly NETLIFY_AUTH_TOKEN: string | null;
  readonly NETLIFY_SITE_ID: string | null;
  readonly NETLIFY_BUILD_HOOK_URL: string | null;
  readonly RENDER_API_KEY: string | null;
  readonly RENDER_SERVICE_ID: string | null;
  readonly FLY_API_TOKEN: string | null;
  readonly FLY_APP_NAME: string | null;
  readonly FLY_MACHINE_ID: string | null;
  readonly RAILWAY_TOKEN: string | null;
  readonly RAILWAY_API_TOKEN: string | null;
  readonly RAILWAY_SERVICE_ID: string | null;
  readonly RAILWAY_ENVIRONMENT_ID: string | null;
  readonly HEROKU_API_KEY: string | null;
  readonly HEROKU_APP_NAME: string | null;
  readonly AWS_REGION: string | null;
  readonly AWS_ACCESS_KEY_ID: string | null;
  readonly AWS_SECRET_ACCESS_KEY: string | null;
  readonly AWS_SESSION_TOKEN: string | null;
  readonly AWS_LAMBDA_FUNCTION_NAME: string | null;
  readonly AWS_LAMBDA_ALIAS: string | null;
  readonly GOOGLE_CLOUD_PROJECT: string | null;
  readonly CLOUD_RUN_REGION: string | null;
  readonly CLOUD_RUN_SERVICE: string | null;
  readonly CLOUD_RUN_TOKEN: string | null;
  readonly KUBERNETES_DEPLOYMENT: string | null;
  readonly KUBERNETES_NAMESPACE: string | null;
  readonly KUBERNETES_API_URL: string | null;
  readonly KUBERNETES_TOKEN: string | null;
  readonly GITHUB_DISPATCH_TOKEN: string | null;
  readonly GITHUB_DISPATCH_REPOSITORY: string | null;
  readonly GITHUB_DISPATCH_WORKFLOW: string | null;
  readonly GITHUB_DISPATCH_REF: string | null;
  readonly RESTART_WEBHOOK_URL: string | null;
  readonly RESTART_WEBHOOK_SECRET: string | null;
}

/** Others set these too, for purposes of their own: what they hold must not stop the start of who needs none of it. */
const NAME = matching("a name of at most 256 characters", /^\P{Cc}{1,256}$/u);
const TOKEN = matching("a token on one line, at most 8192 characters", /^[\x20-\x7e]{1,8192}$/);
const URL_OF_HOOK = matching("an https:// URL of at most 2048 characters", /^https:\/\/[^\s/?#@]+\/\S{1,2000}$/);
const HTTPS_URL = matching(
  "an https:// URL, or http:// on this machine",
  /^(?:https:\/\/[^\s/?#@]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?)(?:\/\S{0,2000})?$/,
);
const REPOSITORY = matching("a repository as owner/name", /^[\w.-]{1,100}\/[\w.-]{1,100}$/);
/** Standard Webhooks: 24 to 64 bytes. */
const WEBHOOK_SECRETS = matching(
  "whsec_ and the base64 of 24 to 64 bytes, several with blanks between",
  /^whsec_[A-Za-z0-9+/]{32,86}={0,2}(?: +whsec_[A-Za-z0-9+/]{32,86}={0,2}){0,4}$/,
);

function optional(schema: Schema<string>, description: string, otherwise = "none") {
  return { group: "hooks", default: null, otherwise, description, schema } as const;
}

function secret(schema: Schema<string>, description: string, otherwise = "none") {
  return { ...optional(schema, description, otherwise), secret: "whole" } as const;
}

export const HOOKS: Table<HookValues> = {
  CLOUDFLARE_ACCOUNT_ID: optional(NAME, "Hooks `cloudflare`, `cloudflare-build-hook`: the account"),
  CLOUDFLARE_API_TOKEN: secret(
    TOKEN,
    "Hook `cloudflare`: a token that may write Workers Scripts; `cloudflare-build-hook`: one that may read Workers CI, to follow builds",
  ),
  CLOUDFLARE_WORKER_NAME: optional(NAME, "Hook `cloudflare`: the Worker"),
  CLOUDFLARE_BUILD_HOOK_URL: secret(URL_OF_HOOK, "Hook `cloudflare-build-hook`: the deploy hook's URL"),
  VERCEL_TOKEN: secret(TOKEN, "Hook `vercel`: an access token"),
  VERCEL_PROJECT_ID: optional(NAME, "Hook `vercel`: the project"),
  VERCEL_TEAM_ID: optional(NAME, "Hook `vercel`: the team that has the project", "the projects of the token's owner"),
  VERCEL_DEPLOY_HOOK_URL: secret(URL_OF_HOOK, "Hook `vercel-hook`: the deploy hook's URL"),
  NETLIFY_AUTH_TOKEN: secret(TOKEN, "Hook `netlify`: a personal access token"),
  NETLIFY_SITE_ID: optional(NAME, "Hook `netlify`: the site"),
  NETLIFY_BUILD_HOOK_URL: secret(URL_OF_HOOK, "Hook `netlify-hook`: the build hook's URL"),
  RENDER_API_KEY: secret(TOKEN, "Hook `render`: an API key"),
  RENDER_SERVICE_ID: optional(NAME, "Hook `render`: the service", "none; Render sets it"),
  FLY_API_TOKEN: secret(TOKEN, "Hook `fly`: a deploy token of the app"),
  FLY_APP_NAME: optional(NAME, "Hook `fly`: the app", "none; Fly sets it"),
  FLY_MACHINE_ID: optional(
    NAME,
    "Hook `fly`: the machine that this instance runs on, which is restarted last",
    "none; Fly sets it",
  ),
  RAILWAY_TOKEN: secret(TOKEN, "Hook `railway`: a token of the project"),
  RAILWAY_API_TOKEN: secret(
    TOKEN,
    "Hook `railway`: a token of the account or the workspace, where there is none of the project",
  ),
  RAILWAY_SERVICE_ID: optional(NAME, "Hook `railway`: the service", "none; Railway sets it"),
  RAILWAY_ENVIRONMENT_ID: optional(NAME, "Hook `railway`: the environment", "none; Railway sets it"),
  HEROKU_API_KEY: secret(TOKEN, "Hook `heroku`: an API key or OAuth token"),
  HEROKU_APP_NAME: optional(NAME, "Hook `heroku`: the app", "none; Heroku sets it with dyno metadata"),
  AWS_REGION: optional(NAME, "Hook `lambda`: the region", "none; Lambda sets it"),
  AWS_ACCESS_KEY_ID: optional(NAME, "Hook `lambda`: the access key", "none; Lambda sets it"),
  AWS_SECRET_ACCESS_KEY: secret(TOKEN, "Hook `lambda`: its secret", "none; Lambda sets it"),
  AWS_SESSION_TOKEN: secret(TOKEN, "Hook `lambda`: the session, of temporary keys", "none; Lambda sets it"),
  AWS_LAMBDA_FUNCTION_NAME: optional(NAME, "Hook `lambda`: the function", "none; Lambda sets it"),
  AWS_LAMBDA_ALIAS: optional(NAME, "Hook `lambda`: the alias that gets the new version", "`$LATEST` alone"),
  GOOGLE_CLOUD_PROJECT: optional(NAME, "Hook `cloud-run`: the project"),
  CLOUD_RUN_REGION: optional(NAME, "Hook `cloud-run`: the region"),
  CLOUD_RUN_SERVICE: optional(NAME, "Hook `cloud-run`: the service"),
  CLOUD_RUN_TOKEN: secret(TOKEN, "Hook `cloud-run`: an access token", "the metadata server's"),
  KUBERNETES_DEPLOYMENT: optional(NAME, "Hook `kubernetes`: the deployment"),
  KUBERNETES_NAMESPACE: optional(NAME, "Hook `kubernetes`: its namespace", "the pod's own"),
  KUBERNETES_API_URL: optional(
    HTTPS_URL,
    "Hook `kubernetes`: where the API server is",
    "the cluster's own, with its CA",
  ),
  KUBERNETES_TOKEN: secret(
    TOKEN,
    "Hook `kubernetes`: a token that may get and patch the deployment",
    "the pod's service account",
  ),
  GITHUB_DISPATCH_TOKEN: secret(TOKEN, "Hooks `github-actions`, `deno-deploy`: a token that may write Actions"),
  GITHUB_DISPATCH_REPOSITORY: optional(
    REPOSITORY,
    "Hooks `github-actions`, `deno-deploy`: the repository, as `owner/name`",
  ),
  GITHUB_DISPATCH_WORKFLOW: optional(
    NAME,
    "Hooks `github-actions`, `deno-deploy`: the workflow's file, such as `deploy.yml`",
  ),
  GITHUB_DISPATCH_REF: optional(NAME, "Hooks `github-actions`, `deno-deploy`: the branch or tag it runs on", "`main`"),
  RESTART_WEBHOOK_URL: secret(HTTPS_URL, "Hook `webhook`: what is called"),
  RESTART_WEBHOOK_SECRET: secret(
    WEBHOOK_SECRETS,
    "Hook `webhook`: `whsec_` and base64; several with blanks between while rotating",
  ),
};

export const HOOK_SECRETS: readonly (keyof HookValues)[] = (Object.keys(HOOKS) as (keyof HookValues)[]).filter(
  (name) => "secret" in HOOKS[name],
);
