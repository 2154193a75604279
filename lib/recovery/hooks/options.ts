/**
 * What each hook is given: the arguments of `tidegate/hooks/*`, and what a configuration has of them. Tokens and hook
 * URLs are secrets.
 */

/** A Worker, and who may deploy its versions again. */
export interface CloudflareOptions {
  /** May write Workers Scripts. */
  readonly apiToken: string;
  /** The account that the Worker is in. */
  readonly accountId: string;
  /** As `wrangler.toml` names it. */
  readonly workerName: string;
}

/** Cloudflare's deploy hooks, and who may follow their builds. */
export interface CloudflareBuildHookOptions {
  /** `https://api.cloudflare.com/client/v4/workers/builds/deploy_hooks/…`: the whole of it is the secret. */
  readonly url: string;
  /** A token of a user (an account's own will not do) that may read Workers CI; null: builds are not followed. */
  readonly account: { readonly apiToken: string; readonly accountId: string } | null;
}

/** Of a GitHub workflow, whatever it does. */
export interface GithubDispatchOptions {
  /** May write Actions of the repository. */
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Its file, such as `deploy.yml`; it must have `on: workflow_dispatch`, with no input required. */
  readonly workflow: string;
  /** The branch or tag that it runs on. */
  readonly ref: string;
}

/** A workflow that deploys. */
export type DenoDeployOptions = GithubDispatchOptions;

/** A project of Vercel's, and who may deploy it. */
export interface VercelOptions {
  /** A secret that may deploy the project. */
  readonly token: string;
  /** `prj_…`, or the name. */
  readonly projectId: string;
  /** `team_…`, or the team's slug; null: the project belongs to the token's owner. */
  readonly teamId: string | null;
}

/** One of Vercel's deploy hooks. */
export interface VercelHookOptions {
  /** `https://api.vercel.com/v1/integrations/deploy/prj_…/…`: the whole of it is the secret. */
  readonly url: string;
}

/** A site of Netlify's, and who may build it. */
export interface NetlifyOptions {
  /** A personal access token. */
  readonly token: string;
  /** The site's id, as its settings show it. */
  readonly siteId: string;
}

/** One of Netlify's build hooks. */
export interface NetlifyHookOptions {
  /** `https://api.netlify.com/build_hooks/…`: the whole of it is the secret. */
  readonly url: string;
}

/** A service of Render's, and who may restart it. */
export interface RenderOptions {
  /** A secret of the account or the workspace. */
  readonly apiKey: string;
  /** `srv-…`. */
  readonly serviceId: string;
}

/** An app on Fly, and who may restart its machines. */
export interface FlyOptions {
  /** A deploy token of the app. */
  readonly token: string;
  /** Its name. */
  readonly app: string;
  /** The machine that this runs on, which is restarted last. */
  readonly ownMachine: string | null;
}

/** A service on Railway, and who may restart it. */
export interface RailwayOptions {
  /** Railway tells them apart by the header alone: one of a project is refused as one of an account. */
  readonly token: { readonly of: "project" | "account"; readonly value: string };
  /** Its id. */
  readonly serviceId: string;
  /** The id of the environment that it runs in. */
  readonly environmentId: string;
}

/** An app on Heroku, and who may restart its dynos. */
export interface HerokuOptions {
  /** An API key or an OAuth token. */
  readonly apiKey: string;
  /** Its name or id. */
  readonly app: string;
}

/** The function, and who may change it. */
export interface LambdaFunctionOptions {
  /** Such as `eu-central-1`. */
  readonly region: string;
  /** Of who may read and change the function's configuration. */
  readonly accessKeyId: string;
  /** That key's secret. */
  readonly secretAccessKey: string;
  /** Of temporary keys. */
  readonly sessionToken: string | null;
  /** Its name or ARN. */
  readonly functionName: string;
}

/** The function, and what its callers use. */
export interface LambdaOptions extends LambdaFunctionOptions {
  /** What callers use, where they use one; null: `$LATEST` alone is restarted. */
  readonly alias: string | null;
}

/** A service of Cloud Run, and who may change it. */
export interface CloudRunOptions {
  /** The id of its project. */
  readonly project: string;
  /** Such as `europe-west1`. */
  readonly region: string;
  /** Its name. */
  readonly service: string;
  /** An access token that may get and update the service; null: that of the instance's own service account. */
  readonly token: string | null;
}

/** A Deployment, and how its API server is reached. */
export interface KubernetesOptions {
  /** Its name. */
  readonly deployment: string;
  /** Null: the pod's own. */
  readonly namespace: string | null;
  /** Of the API server; null: that of the cluster this runs in, trusted by the CA that the pod is given. */
  readonly url: string | null;
  /** May get and patch the Deployment; null: the service account's. */
  readonly token: string | null;
}

/** A workflow that restarts. */
export type GithubActionsOptions = GithubDispatchOptions;

/** Whoever restarts, and how it knows who asks. */
export interface WebhookOptions {
  /** Is sent a `POST` for each restart. */
  readonly url: string;
  /** `whsec_…`; several while one replaces another, all of which sign. */
  readonly secrets: readonly string[];
}

/** By the names that `RESTART_HOOK` gives the hooks. */
export interface HookOptions {
  /** `tidegate/hooks/cloudflare`. */
  readonly cloudflare: CloudflareOptions;
  /** `tidegate/hooks/cloudflare-build-hook`. */
  readonly "cloudflare-build-hook": CloudflareBuildHookOptions;
  /** `tidegate/hooks/deno-deploy`. */
  readonly "deno-deploy": DenoDeployOptions;
  /** `tidegate/hooks/vercel`. */
  readonly vercel: VercelOptions;
  /** `tidegate/hooks/vercel-hook`. */
  readonly "vercel-hook": VercelHookOptions;
  /** `tidegate/hooks/netlify`. */
  readonly netlify: NetlifyOptions;
  /** `tidegate/hooks/netlify-hook`. */
  readonly "netlify-hook": NetlifyHookOptions;
  /** `tidegate/hooks/render`. */
  readonly render: RenderOptions;
  /** `tidegate/hooks/fly`. */
  readonly fly: FlyOptions;
  /** `tidegate/hooks/railway`. */
  readonly railway: RailwayOptions;
  /** `tidegate/hooks/heroku`. */
  readonly heroku: HerokuOptions;
  /** `tidegate/hooks/lambda`. */
  readonly lambda: LambdaOptions;
  /** `tidegate/hooks/cloud-run`. */
  readonly "cloud-run": CloudRunOptions;
  /** `tidegate/hooks/kubernetes`. */
  readonly kubernetes: KubernetesOptions;
  /** `tidegate/hooks/github-actions`. */
  readonly "github-actions": GithubActionsOptions;
  /** `tidegate/hooks/webhook`. */
  readonly webhook: WebhookOptions;
}
