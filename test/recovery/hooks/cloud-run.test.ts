/** Cloud Run: what is sent, whose token it is, and what operations come to. */
import { describe, expect, test } from "vitest";
import { cloudRun } from "../../../lib/recovery/hooks/cloud-run.ts";
import { hasty } from "./hasty.ts";
import { firing, never, type Reply, startPlatform } from "./server.ts";

const SERVICE = "https://run.googleapis.com/v2/projects/acme/locations/europe-west1/services/shop";
const OPERATION = "projects/acme/locations/europe-west1/operations/op1";
const TEMPLATE = { containers: [{ image: "shop:7", env: [{ name: "A", value: "b" }] }], timeout: "60s" };

async function scene(token: string | null, more: (line: string) => Reply | undefined = () => undefined) {
  const platform = await startPlatform(({ line }) => {
    const own = more(line);
    if (own) return own;
    if (line.includes("metadata.google.internal")) return { body: { access_token: "ya29.granted", expires_in: 300 } };
    return { body: line.startsWith("GET") ? { etag: '"e1"', template: TEMPLATE } : { name: OPERATION } };
  }, hasty());
  const hook = cloudRun({ project: "acme", region: "europe-west1", service: "shop", token }, platform.runtime);
  return { ...platform, hook };
}

test("a new revision is made of the template as it was read, and only if nobody changed it since", async () => {
  const { hook, requests } = await scene("ya29.given");
  expect(await hook.fire(firing)).toEqual({ id: OPERATION, url: null, status: null });
  expect(requests.map(({ line, headers, body }) => [line, headers.authorization, body && JSON.parse(body)])).toEqual([
    [`GET ${SERVICE}`, "Bearer ya29.given", ""],
    [`PATCH ${SERVICE}?forceNewRevision=true`, "Bearer ya29.given", { etag: '"e1"', template: TEMPLATE }],
  ]);
});

test("without a token, the metadata server grants one, each time", async () => {
  const { hook, requests } = await scene(null);
  await hook.fire(firing);
  await hook.dryRun(never);
  const metadata = requests.filter(({ line }) => line.includes("metadata"));
  expect(metadata.map(({ line, headers }) => [line, headers["metadata-flavor"], headers.authorization])).toEqual(
    Array(2).fill([
      "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token",
      ...["Google", undefined],
    ]),
  );
  const others = requests.filter(({ line }) => !line.includes("metadata"));
  expect(new Set(others.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer ya29.granted"]));
});

test("a granted token is in no message", async () => {
  const { hook } = await scene(null, (line) =>
    line.startsWith("PATCH") ? { status: 400, body: "ya29.granted is not liked" } : undefined,
  );
  const error = await hook.fire(firing).catch((reason: unknown) => String(reason));
  expect(error).toContain("is not liked");
  expect(error).not.toContain("ya29.granted");
});

test("a name that the last revision was given is not asked for again", async () => {
  const { hook, requests } = await scene("ya29.given", (line) =>
    line.startsWith("GET") ? { body: { etag: '"e1"', template: { revision: "shop-v7", ...TEMPLATE } } } : undefined,
  );
  await hook.fire(firing);
  expect(JSON.parse(requests[1]?.body ?? "").template).toEqual(TEMPLATE);
});

test("a value of the environment is in no message", async () => {
  const template = {
    containers: [
      {
        env: [
          { name: "KEY", value: "value-in-env" },
          { name: "OF", valueSource: {} },
        ],
      },
    ],
  };
  const { hook } = await scene("ya29.given", (line) =>
    line.startsWith("GET") ? { body: { etag: '"e1"', template } } : { status: 400, body: "value-in-env is not liked" },
  );
  const error = await hook.fire(firing).catch((reason: unknown) => String(reason));
  expect(error).toContain("is not liked");
  expect(error).not.toContain("value-in-env");
});

test.each([
  [["REVISION"], false],
  [["REVISION", "LATEST"], true],
  [[], true],
])("traffic to %j: a new revision is made: %s", async (types, made) => {
  const traffic = types.map((type) => ({
    type: `TRAFFIC_TARGET_ALLOCATION_TYPE_${type}`,
    percent: 100 / types.length,
  }));
  const { hook, lines } = await scene("ya29.given", (line) =>
    line.startsWith("GET") ? { body: { etag: '"e1"', template: TEMPLATE, traffic } } : undefined,
  );
  const fired = hook.fire(firing);
  if (made) await fired;
  else await expect(fired).rejects.toMatchObject({ fault: "refused", message: /send it to the latest/ });
  expect(lines().some((line) => line.startsWith("PATCH"))).toBe(made);
});

test("somebody else's change in between is told, and not undone", async () => {
  const { hook, lines } = await scene("ya29.given", (line) =>
    line.startsWith("PATCH")
      ? { status: 409, body: { error: { status: "ABORTED", message: "etag mismatch" } } }
      : undefined,
  );
  await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused", status: 409 });
  expect(lines().filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
});

describe("an operation", () => {
  test.each([
    [{ done: false }, "running", "running"],
    [{}, "running", "running"],
    [{ done: true }, "succeeded", "done"],
    [{ done: true, error: { code: 3, message: "the container did not start" } }, "failed", "error"],
  ])("that says %o is %s", async (said, state, status) => {
    const { hook, lines } = await scene("ya29.given", () => ({ body: { name: OPERATION, ...said } }));
    expect(await hook.status?.({ id: OPERATION, url: null, status: null }, never)).toMatchObject({
      ...{ state, deployment: { id: OPERATION, status } },
    });
    expect(lines()).toEqual([`GET https://run.googleapis.com/v2/${OPERATION}`]);
  });
});
