import { describe, expect, test } from "vitest";
import { firing, never } from "../server.ts";
import { FUNCTIONS, KEYS, refused, startLambda } from "./aws.ts";
import { authorizationOf } from "./signature.ts";

const CHANGE = "PUT /shop/configuration";
const ENV = { DATABASE_URL: "postgres://app:pass-in-env@db/app", MODE: "x" };
const MARKED = { ...ENV, TIDEGATE_EPOCH: firing.id };

describe("a restart", () => {
  test("sends the whole environment back, with a marker and the revision that was read", async () => {
    const { platform, hook, lines } = await startLambda({});
    const status = "Active, Successful";
    expect(await hook.fire(firing)).toEqual({ id: firing.id, url: null, status });
    expect(lines()).toEqual(["GET /shop/configuration", CHANGE]);
    const [, change] = platform.requests;
    expect(JSON.parse(change?.body ?? "")).toEqual({ Environment: { Variables: MARKED }, RevisionId: "rev-1" });
    expect(change?.headers).toMatchObject({ "content-type": "application/json", "x-amz-date": "20261126T120000Z" });
  });

  test("of a function without variables sends the marker alone", async () => {
    const { platform, hook } = await startLambda({ environment: null });
    await hook.fire(firing);
    const sent = JSON.parse(platform.requests[1]?.body ?? "");
    expect(sent.Environment).toEqual({ Variables: { TIDEGATE_EPOCH: firing.id } });
  });

  test.each([
    ["shop", KEYS.sessionToken],
    ["shop", null],
    ["arn:aws:lambda:eu-central-1:123456789012:function:shop", KEYS.sessionToken],
  ])("is signed: %s, session %s", async (functionName, sessionToken) => {
    const { platform, hook } = await startLambda({ functionName, sessionToken, alias: "live" });
    await hook.fire(firing);
    expect(platform.requests.length).toBeGreaterThan(5);
    expect(platform.lines()[0]).toBe(`GET ${FUNCTIONS}/${encodeURIComponent(functionName)}/configuration`);
    for (const request of platform.requests) {
      expect(request.headers["x-amz-security-token"]).toBe(sessionToken ?? undefined);
      const expected = authorizationOf(request, KEYS.accessKeyId, KEYS.secretAccessKey);
      expect(request.headers.authorization).toBe(expected);
    }
  });

  test("is refused where the environment is not shown: it would be lost", async () => {
    const environment = { Error: { ErrorCode: "AccessDeniedException", Message: "no kms:Decrypt" } };
    const { hook, lines } = await startLambda({ environment });
    const refusal = {
      fault: "refused",
      message:
        "lambda: reading the configuration: the environment is not shown (AccessDeniedException), and sending it back would lose it; allow kms:Decrypt for its key",
    };
    await expect(hook.fire(firing)).rejects.toMatchObject(refusal);
    await expect(hook.dryRun(never)).rejects.toMatchObject(refusal);
    expect(lines().join()).not.toContain("PUT");
  });
});

describe("Lambda's refusals", () => {
  test.each([
    [409, "ResourceConflictException", "refused"],
    [412, "PreconditionFailedException", "refused"],
  ])("%i is %s, after a look whether it was done already", async (status, exception, fault) => {
    const { hook, lines } = await startLambda({
      instead: ({ line }) => (line.startsWith("PUT") ? refused(status, "an update is in progress") : null),
    });
    await expect(hook.fire(firing)).rejects.toMatchObject({ fault, message: expect.stringContaining(exception) });
    expect(lines()).toEqual(["GET /shop/configuration", CHANGE, "GET /shop/configuration"]);
  });

  test("TooManyRequestsException is throttling, and tried again as long as that helps", async () => {
    const { hook, lines } = await startLambda({
      instead: ({ line }) => (line.startsWith("PUT") ? refused(429, "Rate Exceeded.") : null),
    });
    await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "throttled", message: /Rate Exceeded/ });
    expect(lines().filter((line) => line === CHANGE)).toHaveLength(3);
  });

  test("an attempt that arrived and was not answered is no failure, and no second restart", async () => {
    let changes = 0;
    const { platform, hook, lines } = await startLambda({
      instead: ({ line }, happen) => {
        if (!line.startsWith("PUT") || ++changes > 1) return null;
        happen();
        return "reset";
      },
    });
    expect(await hook.fire(firing)).toEqual({ id: firing.id, url: null, status: null });
    expect(lines()).toEqual(["GET /shop/configuration", CHANGE, CHANGE, "GET /shop/configuration"]);
    expect(platform.requests[1]?.body).toBe(platform.requests[2]?.body);
  });

  test("no message shows what is in the environment", async () => {
    const echo = await startLambda({
      instead: ({ line, body }) => (line.startsWith("PUT") ? { status: 400, body: { message: `bad: ${body}` } } : null),
    });
    const broken = await startLambda({ configuration: { RevisionId: null } });
    for (const { hook } of [echo, broken]) {
      const error: unknown = await hook.fire(firing).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: /^lambda: / });
      expect(String(error)).not.toContain("pass-in-env");
    }
  });
});

test.each([
  [{ LastUpdateStatus: "InProgress" }, "running", "Active, InProgress"],
  [{ LastUpdateStatus: "Successful" }, "succeeded", "Active, Successful"],
  [
    { LastUpdateStatus: "Failed", LastUpdateStatusReasonCode: "SubnetOutOfIPAddresses" },
    "failed",
    "Active, Failed, SubnetOutOfIPAddresses",
  ],
])("followed: %j is %s", async (configuration, state, status) => {
  const { hook, lines } = await startLambda({ configuration });
  const followed = await hook.status?.({ id: firing.id, url: null, status: null }, never);
  expect(followed).toEqual({ state, deployment: { id: firing.id, url: null, status } });
  expect(lines()).toEqual(["GET /shop/configuration"]);
});

test("a dry run counts what would go back", async () => {
  const { hook } = await startLambda({ alias: "live" });
  expect((await hook.dryRun(never)).checked).toBe("The keys see shop with its 2 variables; live serves version 7.");
});
