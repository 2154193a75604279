import { expect, test } from "vitest";
import { firing, never } from "../server.ts";
import { refused, startLambda } from "./aws.ts";

const LOOK = "GET /shop/configuration";

test("an alias gets a new version, once that is ready", async () => {
  const { platform, hook, lines } = await startLambda({ alias: "live", slow: true });
  expect(await hook.fire(firing)).toEqual({ id: "8", url: null, status: "live is version 8" });
  expect(lines()).toEqual([
    ...[LOOK, "GET /shop/aliases/live", `${LOOK}?Qualifier=7`],
    ...["PUT /shop/configuration", LOOK, LOOK],
    ...["POST /shop/versions", `${LOOK}?Qualifier=8`, "PUT /shop/aliases/live"],
  ]);
  const bodies = platform.requests.slice(-3).map(({ body }) => body);
  expect(bodies).toEqual([
    JSON.stringify({ CodeSha256: "sha-of-the-code" }),
    "",
    JSON.stringify({ FunctionVersion: "8", RevisionId: "a1" }),
  ]);
});

test.each([
  [
    "a gradual rollout is under way",
    { aliased: { RoutingConfig: { AdditionalVersionWeights: { "6": 0.1 } } } },
    /6; end/,
  ],
  ["$LATEST has code that nobody has released", { aliasCode: "sha-of-older-code" }, /release that first/],
])("nothing is changed where %s", async (_, scenario, message) => {
  const { hook, lines } = await startLambda({ alias: "live", ...scenario });
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", message });
  await expect(hook.dryRun(never)).rejects.toMatchObject({ fault: "refused", message });
  expect(lines().filter((line) => !line.startsWith("GET"))).toEqual([]);
});

test("a configuration that could not be changed is not published", async () => {
  const failed = { LastUpdateStatus: "Failed", LastUpdateStatusReasonCode: "InvalidImage" };
  const { hook, lines } = await startLambda({ alias: "live", slow: true, configuration: failed });
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "failed", message: /InvalidImage/ });
  expect(lines()).not.toContain("POST /shop/versions");
});

test("an alias that somebody else has moved stays where it is", async () => {
  const { hook } = await startLambda({
    alias: "live",
    instead: ({ line }) => (line.includes("PUT") && line.includes("/aliases/") ? refused(412, "no match") : null),
  });
  const message = /moving alias live to version 8: .*PreconditionFailedException/;
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", message });
});

test("a version is followed to its end", async () => {
  const { hook, lines } = await startLambda({ alias: "live" });
  const followed = await hook.status?.({ id: "8", url: null, status: null }, never);
  expect(followed).toMatchObject({ state: "succeeded", deployment: { id: "8", status: "Active" } });
  expect(lines()).toEqual([`${LOOK}?Qualifier=8`]);
});
