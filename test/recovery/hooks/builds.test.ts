/** What the hooks that build or deploy send, to the letter, and what they make of the answers. */
import { describe, expect, test } from "vitest";
import { cloudflareBuildHook } from "../../../lib/recovery/hooks/cloudflare-build-hook.ts";
import type { Hook } from "../../../lib/recovery/hooks/hook.ts";
import { vercel } from "../../../lib/recovery/hooks/vercel.ts";
import { hasty } from "./hasty.ts";
import { replyOf, SCENES } from "./scenes.ts";
import { firing, never, type Reply, type Request, startPlatform } from "./server.ts";

const BEARER = "Bearer token_secretsecret";
/** A hook's platform, with some answers in front of those by which all goes well. */
async function scene(name: string, more: (request: Request, earlier: number) => Reply | undefined = () => undefined) {
  const found = SCENES[name];
  if (!found) throw new Error(`there is no scene of ${name}`);
  const platform = await startPlatform(
    (request, earlier) => more(request, earlier) ?? replyOf(found, request.line),
    hasty(),
  );
  return { ...platform, hook: found.hook(platform.runtime) };
}
const statusOf = (hook: Hook, id: string) => hook.status?.({ id, url: null, status: null }, never);

describe.each<[name: string, sent: readonly [line: string, body: unknown][], deployment: unknown]>([
  [
    "cloudflare",
    [
      ["GET https://api.cloudflare.com/client/v4/accounts/acc/workers/scripts/shop/deployments", null],
      [
        "POST https://api.cloudflare.com/client/v4/accounts/acc/workers/scripts/shop/deployments?force=true",
        {
          strategy: "percentage",
          versions: [
            { version_id: "v2", percentage: 90 },
            { version_id: "v1", percentage: 10 },
          ],
          annotations: { "workers/message": `tidegate restart ${firing.id}` },
        },
      ],
    ],
    { id: "d2", url: null, status: null },
  ],
  [
    "github-actions",
    [
      [
        "POST https://api.github.com/repos/acme/shop/actions/workflows/deploy.yml/dispatches",
        { ref: "main", inputs: {}, return_run_details: true },
      ],
    ],
    { id: "7", url: "https://github.com/acme/shop/actions/runs/7", status: null },
  ],
  [
    "netlify",
    [["POST https://api.netlify.com/api/v1/sites/site1/builds", null]],
    { id: "b1", url: null, status: null },
  ],
  [
    "vercel",
    [
      ["GET https://api.vercel.com/v9/projects/prj_1?teamId=team_1", null],
      [
        "POST https://api.vercel.com/v13/deployments?forceNew=1&teamId=team_1",
        { name: "shop", deploymentId: "dpl_1", target: "production" },
      ],
    ],
    { id: "dpl_2", url: "https://shop-2.vercel.app", status: "QUEUED" },
  ],
])("%s", (name, sent, deployment) => {
  test("sends this, with its token, and says what it made", async () => {
    const { hook, requests } = await scene(name);
    expect(await hook.fire(firing)).toEqual(deployment);
    expect(requests.map(({ line, body }) => [line, body === "" ? null : JSON.parse(body)])).toEqual(sent);
    for (const { headers, body } of requests) {
      expect(headers.authorization).toBe(BEARER);
      if (body !== "") expect(headers["content-type"]).toBe("application/json");
    }
  });
});

describe("cloudflare", () => {
  test("deploys nothing where nothing is deployed", async () => {
    const { hook, lines } = await scene("cloudflare", ({ line }) =>
      line.startsWith("GET") ? { body: { result: { deployments: [] } } } : undefined,
    );
    await expect(hook.fire(firing)).rejects.toMatchObject({
      fault: "refused",
      message: expect.stringContaining("deploy it first"),
    });
    expect(lines().filter((line) => line.startsWith("POST"))).toEqual([]);
  });

  test.each([
    ["d1", { state: "succeeded", deployment: { status: "active" } }],
    ["d0", { state: "succeeded", deployment: { status: "replaced" } }],
    ["d9", { state: "running", deployment: { status: "pending" } }],
  ])("deployment %s is %o", async (id, progress) => {
    const { hook } = await scene("cloudflare", () => ({
      body: { result: { deployments: ["d1", "d0"].map((each) => ({ id: each, versions: [] })) } },
    }));
    expect(await statusOf(hook, id)).toMatchObject(progress);
  });
});

describe("cloudflare-build-hook", () => {
  test("is asked without a credential: the URL is the secret; builds are followed with the token", async () => {
    const { hook, requests } = await scene("cloudflare-build-hook");
    expect(await hook.fire(firing)).toEqual({ id: "b1", url: null, status: "queued" });
    expect(await statusOf(hook, "b1")).toMatchObject({ state: "succeeded", deployment: { status: "success" } });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([undefined, BEARER]);
  });

  test("says that a trigger was merged with one that waits", async () => {
    const { hook } = await scene("cloudflare-build-hook", ({ line }) =>
      line.startsWith("POST")
        ? { body: { success: true, result: { build_uuid: "b0", already_exists: true } } }
        : undefined,
    );
    expect(await hook.fire(firing)).toEqual({ id: "b0", url: null, status: "already queued" });
  });

  test.each([
    ["fail", "failed"],
    ["cancelled", "failed"],
    [null, "running"],
  ])("a build that came to %s is %s", async (outcome, state) => {
    const { hook } = await scene("cloudflare-build-hook", () => ({
      body: { result: { build_outcome: outcome, status: "running" } },
    }));
    expect(await statusOf(hook, "b1")).toMatchObject({ state });
  });

  test("without an account it follows nothing", () => {
    const hook = cloudflareBuildHook({ url: "https://api.cloudflare.com/x/0123456789", account: null });
    expect([hook.status, hook.capabilities]).toEqual([undefined, ["restart"]]);
  });
});

describe("github-actions", () => {
  test("asks again without the newer flag where that is refused, and then follows nothing", async () => {
    const { hook, requests } = await scene("github-actions", ({ line, body }) => {
      if (!line.startsWith("POST")) return undefined;
      return body.includes("return_run_details") ? { status: 422, body: { message: "unknown" } } : { status: 204 };
    });
    expect(await hook.fire(firing)).toBeNull();
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual([
      { ref: "main", inputs: {}, return_run_details: true },
      { ref: "main", inputs: {} },
    ]);
  });

  test("is throttled also where GitHub says so with 403", async () => {
    const { hook } = await scene("github-actions", () => ({ status: 403, headers: { "x-ratelimit-remaining": "0" } }));
    await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "throttled", status: 403 });
  });

  test.each([
    [{ status: "queued" }, "running"],
    [{ status: "completed", conclusion: "success" }, "succeeded"],
    [{ status: "completed", conclusion: "timed_out" }, "failed"],
  ])("a run that is %o is %s", async (run, state) => {
    const { hook } = await scene("github-actions", () => ({ body: run }));
    expect(await statusOf(hook, "7")).toMatchObject({ state });
  });

  test("a dry run refuses a workflow that is switched off", async () => {
    const { hook } = await scene("github-actions", () => ({ body: { name: "Deploy", state: "disabled_manually" } }));
    await expect(hook.dryRun(never)).rejects.toMatchObject({ fault: "refused" });
  });
});

describe("netlify", () => {
  test.each([
    [{ done: false }, "running"],
    [{ done: true }, "succeeded"],
    [{ done: true, error: "exit code 1" }, "failed"],
  ])("a build that is %o is %s", async (build, state) => {
    const { hook } = await scene("netlify", () => ({ body: build }));
    expect(await statusOf(hook, "b1")).toMatchObject({ state });
  });

  test.each([{ build_settings: { stop_builds: true } }, { published_deploy: { locked: true } }])(
    "a dry run refuses a site that has %o",
    async (site) => {
      const { hook } = await scene("netlify", () => ({ body: { name: "shop", ...site } }));
      await expect(hook.dryRun(never)).rejects.toMatchObject({ fault: "refused" });
    },
  );
});

describe("vercel", () => {
  test.each([
    ["BUILDING", "running"],
    ["READY", "succeeded"],
    ["ERROR", "failed"],
    ["CANCELED", "failed"],
    ["BLOCKED", "failed"],
  ])("a deployment that is %s is %s", async (readyState, state) => {
    const { hook } = await scene("vercel", () => ({ body: { id: "dpl_2", url: null, readyState } }));
    expect(await statusOf(hook, "dpl_2")).toMatchObject({ state });
  });

  test("deploys nothing where nothing is in production", async () => {
    const { hook, lines } = await scene("vercel", () => ({ body: { name: "shop", targets: {} } }));
    await expect(hook.fire(firing)).rejects.toMatchObject({ fault: "refused" });
    expect(lines().filter((line) => line.startsWith("POST"))).toEqual([]);
  });

  test.each([
    ["shop-team", "?slug=shop-team"],
    [null, ""],
  ])("the team %s is asked for as %s", async (teamId, search) => {
    const platform = await startPlatform(() => ({ body: { name: "shop", targets: {} } }), hasty());
    const hook = vercel({ token: "token_secretsecret", projectId: "prj_1", teamId }, platform.runtime);
    await hook.dryRun(never).catch(() => {});
    expect(platform.lines()).toEqual([`GET https://api.vercel.com/v9/projects/prj_1${search}`]);
  });
});
