/** Hooks that build or deploy anew. */
import { cloudflare } from "../../../../lib/recovery/hooks/cloudflare.ts";
import { cloudflareBuildHook } from "../../../../lib/recovery/hooks/cloudflare-build-hook.ts";
import { denoDeploy } from "../../../../lib/recovery/hooks/deno-deploy.ts";
import { githubActions } from "../../../../lib/recovery/hooks/github-actions.ts";
import { netlify } from "../../../../lib/recovery/hooks/netlify.ts";
import { netlifyHook } from "../../../../lib/recovery/hooks/netlify-hook.ts";
import { vercel } from "../../../../lib/recovery/hooks/vercel.ts";
import { vercelHook } from "../../../../lib/recovery/hooks/vercel-hook.ts";
import { webhook } from "../../../../lib/recovery/hooks/webhook.ts";
import type { Scene, Scenes } from "./scene.ts";

const TOKEN = "token_secretsecret";
const VERSIONS = [
  { version_id: "v2", percentage: 90 },
  { version_id: "v1", percentage: 10 },
];
export const WORKFLOW = { token: TOKEN, repository: "acme/shop", workflow: "deploy.yml", ref: "main" };
/** The answer to the first word of a signature's secret, in base64. */
export const WEBHOOK_SECRET = `whsec_${btoa("a secret of thirty-two characters")}`;

const dispatch = (hook: Scene["hook"]): Scene => ({
  hook,
  secrets: [TOKEN],
  replies: [
    [
      /^POST .*\/dispatches$/,
      { body: { workflow_run_id: 7, html_url: "https://github.com/acme/shop/actions/runs/7" } },
    ],
    [/^GET .*\/runs\/7$/, { body: { status: "completed", conclusion: "success" } }],
    [/^GET .*\/workflows\//, { body: { name: "Deploy", state: "active" } }],
  ],
  restarts: /^POST .*\/dispatches$/,
  repeated: false,
  read: true,
});

export const BUILDS: Scenes = {
  cloudflare: {
    hook: (runtime) => cloudflare({ apiToken: TOKEN, accountId: "acc", workerName: "shop" }, runtime),
    secrets: [TOKEN],
    replies: [
      [/^POST .*\/deployments\?force=true$/, { body: { success: true, result: { id: "d2" } } }],
      [/^GET .*\/deployments$/, { body: { result: { deployments: [{ id: "d1", versions: VERSIONS }] } } }],
    ],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
  "cloudflare-build-hook": {
    hook: (runtime) =>
      cloudflareBuildHook(
        {
          url: "https://api.cloudflare.com/client/v4/workers/builds/deploy_hooks/0123456789abcdef",
          account: { apiToken: TOKEN, accountId: "acc" },
        },
        runtime,
      ),
    secrets: ["0123456789abcdef", TOKEN],
    replies: [
      [/^POST /, { body: { success: true, result: { build_uuid: "b1", status: "queued" } } }],
      [/^GET .*\/builds\/builds\/b1$/, { body: { result: { build_outcome: "success", status: "stopped" } } }],
      [/^GET .*\/tokens\/verify$/, { body: { result: { status: "active" } } }],
    ],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
  "deno-deploy": dispatch((runtime) => denoDeploy(WORKFLOW, runtime)),
  "github-actions": dispatch((runtime) => githubActions(WORKFLOW, runtime)),
  netlify: {
    hook: (runtime) => netlify({ token: TOKEN, siteId: "site1" }, runtime),
    secrets: [TOKEN],
    replies: [
      [/^POST .*\/builds$/, { body: { id: "b1", deploy_id: "d1", done: false } }],
      [/^GET .*\/builds\/b1$/, { body: { id: "b1", done: true } }],
      [/^GET .*\/sites\/site1$/, { body: { name: "shop" } }],
    ],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
  "netlify-hook": {
    hook: (runtime) => netlifyHook({ url: "https://api.netlify.com/build_hooks/0123456789abcdef" }, runtime),
    secrets: ["0123456789abcdef"],
    replies: [[/^POST /, { status: 200 }]],
    restarts: /^POST /,
    repeated: false,
    read: false,
  },
  vercel: {
    hook: (runtime) => vercel({ token: TOKEN, projectId: "prj_1", teamId: "team_1" }, runtime),
    secrets: [TOKEN],
    replies: [
      [/^POST .*\/v13\/deployments\?/, { body: { id: "dpl_2", url: "shop-2.vercel.app", readyState: "QUEUED" } }],
      [/^GET .*\/v9\/projects\//, { body: { name: "shop", targets: { production: { id: "dpl_1" } } } }],
      [/^GET .*\/v13\/deployments\//, { body: { id: "dpl_2", url: "shop-2.vercel.app", readyState: "READY" } }],
    ],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
  "vercel-hook": {
    hook: (runtime) =>
      vercelHook({ url: "https://api.vercel.com/v1/integrations/deploy/prj_Secret0123/Key4567890" }, runtime),
    secrets: ["prj_Secret0123", "Key4567890"],
    replies: [[/^POST /, { status: 201, body: { job: { id: "job1", state: "PENDING", createdAt: 1 } } }]],
    restarts: /^POST /,
    repeated: false,
    read: true,
  },
  webhook: {
    hook: (runtime) =>
      webhook({ url: "https://ops.example.com/Secret0123/restart", secrets: [WEBHOOK_SECRET] }, runtime),
    secrets: ["Secret0123", WEBHOOK_SECRET],
    replies: [[/^POST /, { status: 202 }]],
    restarts: /^POST /,
    repeated: true,
    read: false,
  },
};
