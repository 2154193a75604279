import { expect, test } from "vitest";
import { type RailwayOptions, railway } from "../../../lib/recovery/hooks/railway.ts";
import { replyOf, SCENES, type Scene } from "./scenes.ts";
import { firing, never, type Reply, startPlatform } from "./server.ts";

const scene = SCENES.railway as Scene;
const PROJECT: RailwayOptions["token"] = { of: "project", value: "c5f1-secret-token" };

/** @param special what is answered instead, by the operation. */
async function railwayWith(special: Readonly<Record<string, Reply>>, token = PROJECT) {
  const platform = await startPlatform(({ line }) => {
    const named = Object.keys(special).find((operation) => line.endsWith(` ${operation}`));
    return (named && special[named]) || replyOf(scene, line);
  });
  return { platform, hook: railway({ token, serviceId: "svc-1", environmentId: "env-1" }, platform.runtime) };
}

test("looks up the latest deployment, and restarts that", async () => {
  const { platform, hook } = await railwayWith({});
  expect(await hook.fire(firing)).toEqual({ id: "dep-1", url: null, status: "restarting" });
  const url = "POST https://backboard.railway.com/graphql/v2";
  expect(platform.lines()).toEqual([`${url} query latestDeployment`, `${url} mutation deploymentRestart`]);
  expect(platform.requests.map(({ body }) => JSON.parse(body))).toEqual([
    {
      query:
        "query latestDeployment($serviceId: String!, $environmentId: String!) { serviceInstance(serviceId: $serviceId, environmentId: $environmentId) { latestDeployment { id status } } }",
      variables: { serviceId: "svc-1", environmentId: "env-1" },
    },
    {
      query: "mutation deploymentRestart($id: String!) { deploymentRestart(id: $id) }",
      variables: { id: "dep-1" },
    },
  ]);
  expect(platform.requests[1]?.headers["content-type"]).toBe("application/json");
});

test.each<[RailwayOptions["token"], Record<string, string>]>([
  [PROJECT, { "project-access-token": "c5f1-secret-token" }],
  [{ of: "account", value: "Bearer acc-secret-token" }, { authorization: "Bearer acc-secret-token" }],
])("a token of the $of goes by its own header alone", async (token, expected) => {
  const { platform, hook } = await railwayWith({}, token);
  await hook.fire(firing);
  const names = ["project-access-token", "authorization"];
  for (const { headers } of platform.requests)
    expect(Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))).toEqual(expected);
});

test.each([
  ["Not Authorized", undefined, "unauthorized"],
  ["Problem processing request", "INTERNAL_SERVER_ERROR", "failed"],
  ["Deployment not found", "BAD_USER_INPUT", "refused"],
])("an error that comes with 200 is an error: %s", async (message, code, fault) => {
  const errors = [{ message, ...(code && { extensions: { code } }) }];
  const body = { data: { deploymentRestart: true }, errors };
  const { hook } = await railwayWith({ deploymentRestart: { body } });
  await expect(hook.fire(firing)).rejects.toMatchObject({
    ...{ hook: "railway", fault },
    message: `railway: restarting the deployment: found: ${JSON.stringify(message)}`,
  });
});

test("what Railway did not agree to has not been restarted", async () => {
  const { hook } = await railwayWith({ deploymentRestart: { body: { data: { deploymentRestart: false } } } });
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", message: /did not agree/ });
});

test("without a deployment, nothing is restarted", async () => {
  const none = { body: { data: { serviceInstance: { latestDeployment: null } } } };
  const { platform, hook } = await railwayWith({ latestDeployment: none });
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", message: /deploy it first/ });
  await expect(hook.dryRun(never)).rejects.toMatchObject({ fault: "refused" });
  expect(platform.lines().join()).not.toContain("mutation");
});

test.each([
  ["SUCCESS", "succeeded"],
  ["SLEEPING", "succeeded"],
  ["DEPLOYING", "running"],
  ["INITIALIZING", "running"],
  ["a status of tomorrow", "running"],
  ["CRASHED", "failed"],
  ["REMOVED", "failed"],
])("followed: %s is %s", async (status, state) => {
  const { platform, hook } = await railwayWith({ deployment: { body: { data: { deployment: { status } } } } });
  const followed = await hook.status?.({ id: "dep-1", url: null, status: null }, never);
  expect(followed).toEqual({ state, deployment: { id: "dep-1", url: null, status } });
  expect(JSON.parse(platform.requests[0]?.body ?? "")).toEqual({
    query: "query deployment($id: String!) { deployment(id: $id) { status } }",
    variables: { id: "dep-1" },
  });
});

test("a dry run tells which deployment it is", async () => {
  const { hook } = await railwayWith({});
  expect((await hook.dryRun(never)).checked).toBe("The token sees deployment dep-1, which is SUCCESS.");
});
