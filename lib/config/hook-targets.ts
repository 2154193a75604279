/**
 * What each restart hook is given, and which variables it takes it from: one row for each name that `RESTART_HOOK` may
 * have, except those that need nothing.
 */
import type { HookValues } from "./variables/hooks.ts";

/** `node` is the supervisor's, `soft` the ledger's: nothing to configure. */
type Bare = "soft" | "node";

interface GithubTarget {
  readonly token: string;
  readonly repository: string;
  readonly workflow: string;
  readonly ref: string;
}

/** What `tidegate/hooks/*` take, by their names. Tokens and hook URLs are secrets. */
export type HookTarget =
  | { readonly kind: "cloudflare"; readonly apiToken: string; readonly accountId: string; readonly workerName: string }
  | {
      readonly kind: "cloudflare-build-hook";
      readonly url: string;
      /** To follow builds; null: they are not followed. */
      readonly account: { readonly apiToken: string; readonly accountId: string } | null;
    }
  | ({ readonly kind: "deno-deploy" } & GithubTarget)
  | { readonly kind: "vercel"; readonly token: string; readonly projectId: string; readonly teamId: string | null }
  | { readonly kind: "vercel-hook"; readonly url: string }
  | { readonly kind: "netlify"; readonly token: string; readonly siteId: string }
  | { readonly kind: "netlify-hook"; readonly url: string }
  | { readonly kind: "render"; readonly apiKey: string; readonly serviceId: string }
  | { readonly kind: "fly"; readonly token: string; readonly app: string; readonly ownMachine: string | null }
  | {
      readonly kind: "railway";
      readonly token: { readonly of: "project" | "account"; readonly value: string };
      readonly serviceId: string;
      readonly environmentId: string;
    }
  | { readonly kind: "heroku"; readonly apiKey: string; readonly app: string }
  | {
      readonly kind: "lambda";
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string | null;
      readonly functionName: string;
      /** null: only `$LATEST` is restarted. */
      readonly alias: string | null;
    }
  | {
      readonly kind: "cloud-run";
      readonly project: string;
      readonly region: string;
      readonly service: string;
      /** null: the metadata server's. */
      readonly token: string | null;
    }
  | {
      readonly kind: "kubernetes";
      readonly deployment: string;
      readonly namespace: string | null;
      /** null: the cluster that this runs in. */
      readonly url: string | null;
      readonly token: string | null;
    }
  | ({ readonly kind: "github-actions" } & GithubTarget)
  | { readonly kind: "webhook"; readonly url: string; readonly secrets: readonly string[] };

export type HookKind = HookTarget["kind"];

interface Take {
  /** Notes the variable as missing where it is not set. */
  readonly need: (name: keyof HookValues) => string;
  readonly may: (name: keyof HookValues) => string | null;
}

type Targets = { readonly [Kind in HookKind]: (take: Take) => Omit<Extract<HookTarget, { kind: Kind }>, "kind"> };

const github = ({ need, may }: Take): GithubTarget => ({
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

export interface HookReading {
  /** Null where the hook needs nothing, or none is named. */
  readonly target: HookTarget | null;
  /** Variables that it needs and that are not set; the target is then of no use. */
  readonly missing: readonly (keyof HookValues)[];
}

/** @param values variables that are wrong by themselves are left out, and not missing. */
export function readHook(hook: HookKind | Bare | null | undefined, values: Partial<HookValues>): HookReading {
  if (!hook || hook === "soft" || hook === "node") return { target: null, missing: [] };
  const missing: (keyof HookValues)[] = [];
  const may = (name: keyof HookValues) => values[name] ?? null;
  const need = (name: keyof HookValues) => {
    if (values[name] === null) missing.push(name);
    return values[name] ?? "";
  };
  return { target: { kind: hook, ...TARGETS[hook]({ need, may }) } as HookTarget, missing };
}
