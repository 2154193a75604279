import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../lib/config.ts";

const faultsOf = (env: Record<string, string>) => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
};

describe("a hook that is chosen", () => {
  test("names every variable that it lacks, and why it needs it", () => {
    expect(faultsOf({ RESTART_HOOK: "vercel", VERCEL_TEAM_ID: "team_1" })).toEqual([
      { variable: "VERCEL_TOKEN", needed: "a value, since RESTART_HOOK is vercel", found: "nothing" },
      { variable: "VERCEL_PROJECT_ID", needed: "a value, since RESTART_HOOK is vercel", found: "nothing" },
    ]);
  });

  test.each([
    ["cloudflare", ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_WORKER_NAME"]],
    ["cloudflare-build-hook", ["CLOUDFLARE_BUILD_HOOK_URL"]],
    ["deno-deploy", ["GITHUB_DISPATCH_TOKEN", "GITHUB_DISPATCH_REPOSITORY", "GITHUB_DISPATCH_WORKFLOW"]],
    ["vercel-hook", ["VERCEL_DEPLOY_HOOK_URL"]],
    ["netlify", ["NETLIFY_AUTH_TOKEN", "NETLIFY_SITE_ID"]],
    ["netlify-hook", ["NETLIFY_BUILD_HOOK_URL"]],
    ["render", ["RENDER_API_KEY", "RENDER_SERVICE_ID"]],
    ["fly", ["FLY_API_TOKEN", "FLY_APP_NAME"]],
    ["railway", ["RAILWAY_TOKEN", "RAILWAY_SERVICE_ID", "RAILWAY_ENVIRONMENT_ID"]],
    ["heroku", ["HEROKU_API_KEY", "HEROKU_APP_NAME"]],
    ["lambda", ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_FUNCTION_NAME"]],
    ["cloud-run", ["GOOGLE_CLOUD_PROJECT", "CLOUD_RUN_REGION", "CLOUD_RUN_SERVICE"]],
    ["kubernetes", ["KUBERNETES_DEPLOYMENT"]],
    ["github-actions", ["GITHUB_DISPATCH_TOKEN", "GITHUB_DISPATCH_REPOSITORY", "GITHUB_DISPATCH_WORKFLOW"]],
    ["webhook", ["RESTART_WEBHOOK_URL", "RESTART_WEBHOOK_SECRET"]],
  ])("%s needs %j", (hook, names) => {
    expect(faultsOf({ RESTART_HOOK: hook }).map(({ variable }) => variable)).toEqual(names);
  });

  test("has all that it needs in one place", () => {
    const { target } = readConfig({ RESTART_HOOK: "railway", ...RAILWAY, RAILWAY_API_TOKEN: "of-the-account" }).restart;
    const place = { kind: "railway", serviceId: "svc", environmentId: "env" };
    expect(target).toEqual({ ...place, token: { of: "account", value: "of-the-account" } });
    const both = { RESTART_HOOK: "railway", ...RAILWAY, RAILWAY_API_TOKEN: "a", RAILWAY_TOKEN: "p" };
    expect(readConfig(both).restart.target).toEqual({ ...place, token: { of: "project", value: "p" } });
  });
});

const RAILWAY = { RAILWAY_SERVICE_ID: "svc", RAILWAY_ENVIRONMENT_ID: "env" };

test("where none is chosen, what a platform sets is read and needed by nobody", () => {
  const config = readConfig({ VERCEL_TOKEN: "tok_0123456789" });
  expect(config.restart.target).toBeNull();
  expect(config.warnings).toEqual([]);
});

test("tokens and hook URLs are secrets, whichever hook is chosen, with and without a pasted scheme", () => {
  const { secrets } = readConfig({
    FLY_API_TOKEN: "FlyV1 fm2_abcdefgh",
    NETLIFY_BUILD_HOOK_URL: "https://api.netlify.com/build_hooks/5d1a2b3c4d",
  });
  expect(secrets).toEqual([
    "https://api.netlify.com/build_hooks/5d1a2b3c4d",
    "5d1a2b3c4d",
    "FlyV1 fm2_abcdefgh",
    "fm2_abcdefgh",
  ]);
});

test.each([
  ["VERCEL_DEPLOY_HOOK_URL", "http://api.vercel.com/v1/x", /https:\/\//],
  ["GITHUB_DISPATCH_REPOSITORY", "https://github.com/acme/shop", /owner\/name/],
  ["RESTART_WEBHOOK_SECRET", "hunter2", /whsec_/],
])("%s is refused where it cannot be right, and not shown where it is secret", (name, value, needed) => {
  const [fault] = faultsOf({ [name]: value });
  expect(fault?.needed).toMatch(needed);
  if (name !== "GITHUB_DISPATCH_REPOSITORY") expect(fault?.found).toBe("***");
});
