/**
 * What each restart hook is given, and which variables it takes it from: one row for each name that `RESTART_HOOK` may
 * have, except those that need nothing.
 */
import type { GithubDispatchOptions, HookOptions } from "../recovery/hooks/options.ts";
import type { HookValues } from "./variables/hooks.ts";

/** What one hook is given, and which it is. */
export type HookTarget = {
  readonly [Kind in keyof HookOptions]: { readonly kind: Kind } & HookOptions[Kind];
}[keyof HookOptions];

/** Ways to restart, by the name that `RESTART_HOOK` gives them. `soft` is the ledger's, `node` the supervisor's. */
export type RestartHook = "soft" | "node" | keyof HookOptions;

interface Take {
  /** Notes the variable as missing where it is not set. */
  readonly need: (name: keyof HookValues) => string;
  readonly may: (name: keyof HookValues) => string | null;
}

type Targets = { readonly [Kind in keyof HookOptions]: (take: Take) => HookOptions[Kind] };

const github = ({ need, may }: Take): GithubDispatchOptions => ({
  token: need("GITHUB_DISPATCH_TOKEN"),
  repository: need("GITHUB_DISPATCH_REPOSITORY"),
  workflow: need("GITHUB_DISPATCH_WORKFLOW"),
  ref: may("GITHUB_DISPATCH_REF") ?? "main",
});

const TARGETS: Targets = {
  cloudflare: ({ need }) => ({
    apiToken: need("CLOUDFLARE_API_TOKEN"),
    accountId: need("CLOUDFLARE_ACCOUNT_ID"),
    workerName: need("CLOUDFLARE_WORKER_NAME"),
  }),
  "cloudflare-build-hook": ({ need, may }) => {
    const [apiToken, accountId] = [may("CLOUDFLARE_API_TOKEN"), may("CLOUDFLARE_ACCOUNT_ID")];
    return { url: need("CLOUDFLARE_BUILD_HOOK_URL"), account: apiToken && accountId ? { apiToken, accountId } : null };
  },
  "deno-deploy": github,
  vercel: ({ need, may }) => ({
    token: need("VERCEL_TOKEN"),
    projectId: need("VERCEL_PROJECT_ID"),
    teamId: may("VERCEL_TEAM_ID"),
  }),
  "vercel-hook": ({ need }) => ({ url: need("VERCEL_DEPLOY_HOOK_URL") }),
  netlify: ({ need }) => ({ token: need("NETLIFY_AUTH_TOKEN"), siteId: need("NETLIFY_SITE_ID") }),
  "netlify-hook": ({ need }) => ({ url: need("NETLIFY_BUILD_HOOK_URL") }),
  render: ({ need }) => ({ apiKey: need("RENDER_API_KEY"), serviceId: need("RENDER_SERVICE_ID") }),
  fly: ({ need, may }) => ({
    token: need("FLY_API_TOKEN"),
    app: need("FLY_APP_NAME"),
    ownMachine: may("FLY_MACHINE_ID"),
  }),
  railway: ({ need, may }) => {
    const account = may("RAILWAY_TOKEN") === null ? may("RAILWAY_API_TOKEN") : null;
    return {
      token: account === null ? { of: "project", value: need("RAILWAY_TOKEN") } : { of: "account", value: account },
      serviceId: need("RAILWAY_SERVICE_ID"),
      environmentId: need("RAILWAY_ENVIRONMENT_ID"),
    };
  },
  heroku: ({ need }) => ({ apiKey: need("HEROKU_API_KEY"), app: need("HEROKU_APP_NAME") }),
  lambda: ({ need, may }) => ({
    region: need("AWS_REGION"),
    accessKeyId: need("AWS_ACCESS_KEY_ID"),
    secretAccessKey: need("AWS_SECRET_ACCESS_KEY"),
    sessionToken: may("AWS_SESSION_TOKEN"),
    functionName: need("AWS_LAMBDA_FUNCTION_NAME"),
    alias: may("AWS_LAMBDA_ALIAS"),
  }),
  "cloud-run": ({ need, may }) => ({
    project: need("GOOGLE_CLOUD_PROJECT"),
    region: need("CLOUD_RUN_REGION"),
    service: need("CLOUD_RUN_SERVICE"),
    token: may("CLOUD_RUN_TOKEN"),
  }),
  kubernetes: ({ need, may }) => ({
    deployment: need("KUBERNETES_DEPLOYMENT"),
    namespace: may("KUBERNETES_NAMESPACE"),
    url: may("KUBERNETES_API_URL"),
    token: may("KUBERNETES_TOKEN"),
  }),
  "github-actions": github,
  webhook: ({ need }) => ({
    url: need("RESTART_WEBHOOK_URL"),
    secrets: need("RESTART_WEBHOOK_SECRET").split(/ +/),
  }),
};

/** Those that need nothing come first. */
export const RESTART_HOOKS: readonly RestartHook[] = [
  "soft",
  "node",
  ...(Object.keys(TARGETS) as (keyof HookOptions)[]),
];

export interface HookReading {
  /** Null where the hook needs nothing, or none is named. */
  readonly target: HookTarget | null;
  /** Variables that it needs and that are not set; the target is then of no use. */
  readonly missing: readonly (keyof HookValues)[];
}

/** @param values variables that are wrong by themselves are left out, and not missing. */
export function readHook(hook: RestartHook | null | undefined, values: Partial<HookValues>): HookReading {
  if (!hook || hook === "soft" || hook === "node") return { target: null, missing: [] };
  const missing: (keyof HookValues)[] = [];
  const may = (name: keyof HookValues) => values[name] ?? null;
  const need = (name: keyof HookValues) => {
    if (values[name] === null) missing.push(name);
    return values[name] ?? "";
  };
  return { target: { kind: hook, ...TARGETS[hook]({ need, may }) } as HookTarget, missing };
}
