/** Hooks that restart what runs. */
import { cloudRun } from "../../../../lib/recovery/hooks/cloud-run.ts";
import { fly } from "../../../../lib/recovery/hooks/fly.ts";
import { heroku } from "../../../../lib/recovery/hooks/heroku.ts";
import { kubernetes } from "../../../../lib/recovery/hooks/kubernetes/kubernetes.ts";
import { lambda } from "../../../../lib/recovery/hooks/lambda/lambda.ts";
import { railway } from "../../../../lib/recovery/hooks/railway.ts";
import { render } from "../../../../lib/recovery/hooks/render.ts";
import type { Scenes } from "./scene.ts";

const OPERATION = "projects/acme/locations/europe-west1/operations/op1";

export const ROLLED_OUT = {
  metadata: { generation: 4 },
  spec: { replicas: 2 },
  status: { observedGeneration: 4, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
};

const DEPLOYMENT = { id: "dep-1", status: "SUCCESS" };

const CONFIGURATION = {
  ...{ FunctionName: "shop", Version: "$LATEST", CodeSha256: "sha", RevisionId: "r1", State: "Active" },
  Environment: { Variables: { API_KEY: "value-in-env" } },
};

export const SERVICES: Scenes = {
  render: {
    hook: (runtime) => render({ apiKey: "rnd_secretsecret", serviceId: "srv-abc123" }, runtime),
    secrets: ["rnd_secretsecret"],
    replies: [
      [/^POST .*\/restart$/, { status: 200 }],
      [/^GET /, { body: { id: "srv-abc123", name: "shop", suspended: "not_suspended" } }],
    ],
    restarts: /^POST .*\/restart$/,
    repeated: false,
    read: false,
  },
  fly: {
    hook: (runtime) => fly({ token: "FlyV1 fm2_secretsecret", app: "shop", ownMachine: null }, runtime),
    secrets: ["fm2_secretsecret"],
    replies: [
      [/^POST .*\/machines\/148e\/restart$/, { body: { ok: true } }],
      [/^GET .*\/machines\/148e\/wait\?/, { body: { ok: true } }],
      [
        /^GET .*\/machines$/,
        {
          body: [
            { id: "148e", state: "started", config: { metadata: { fly_process_group: "app" } } },
            { id: "9185", state: "stopped", config: {} },
          ],
        },
      ],
    ],
    restarts: /^POST .*\/restart$/,
    repeated: false,
    read: false,
  },
  railway: {
    hook: (runtime) =>
      railway(
        { token: { of: "project", value: "c5f1-secret-token" }, serviceId: "svc-1", environmentId: "env-1" },
        runtime,
      ),
    secrets: ["c5f1-secret-token"],
    replies: [
      [/ query latestDeployment$/, { body: { data: { serviceInstance: { latestDeployment: DEPLOYMENT } } } }],
      [/ mutation deploymentRestart$/, { body: { data: { deploymentRestart: true } } }],
      [/ query deployment$/, { body: { data: { deployment: { status: "SUCCESS" } } } }],
    ],
    restarts: / mutation deploymentRestart$/,
    repeated: false,
    read: true,
  },
  heroku: {
    hook: (runtime) => heroku({ apiKey: "HRKU-secretsecret", app: "shop" }, runtime),
    secrets: ["HRKU-secretsecret"],
    replies: [
      [/^DELETE /, { status: 202, body: {} }],
      [/^GET /, { body: [{ name: "web.1", type: "web", state: "up", updated_at: "2026-11-26T08:00:00Z" }] }],
    ],
    restarts: /^DELETE /,
    repeated: false,
    read: false,
  },
  lambda: {
    hook: (runtime) =>
      lambda(
        {
          ...{ region: "eu-central-1", functionName: "shop", alias: null, accessKeyId: "AKIDEXAMPLE" },
          ...{ secretAccessKey: "wJalr/secret+key", sessionToken: "session/secret+token" },
        },
        runtime,
      ),
    secrets: ["wJalr/secret+key", "session/secret+token", "value-in-env"],
    replies: [[/^(GET|PUT) .*\/configuration$/, { body: CONFIGURATION }]],
    restarts: /^PUT /,
    repeated: true,
    read: true,
  },
  "cloud-run": {
    hook: (runtime) =>
      cloudRun({ project: "acme", region: "europe-west1", service: "shop", token: "ya29.secretsecret" }, runtime),
    secrets: ["ya29.secretsecret"],
    replies: [
      [/^PATCH .*\/services\/shop\?forceNewRevision=true(?:&validateOnly=true)?$/, { body: { name: OPERATION } }],
      [/^GET .*\/services\/shop$/, { body: { etag: '"e1"', template: { containers: [{ image: "shop:7" }] } } }],
      [/^GET .*\/operations\/op1$/, { body: { name: OPERATION, done: true } }],
    ],
    restarts: /^PATCH .*forceNewRevision=true$/,
    repeated: false,
    read: true,
  },
  kubernetes: {
    hook: (runtime) =>
      kubernetes(
        { deployment: "shop", namespace: "web", url: "https://k8s.example.com:6443", token: "eyJsecretsecret" },
        runtime,
      ),
    secrets: ["eyJsecretsecret"],
    replies: [[/^(?:GET|PATCH) .*\/apis\/apps\/v1\/namespaces\/web\/deployments\/shop\b/, { body: ROLLED_OUT }]],
    restarts: /^PATCH .*fieldManager=tidegate$/,
    repeated: true,
    read: true,
  },
};
