import { expect, test } from "vitest";
import { heroku } from "../../../lib/recovery/hooks/heroku.ts";
import { firing, never, type Request, startPlatform } from "./server.ts";

const DYNOS = "https://api.heroku.com/apps/shop/dynos";
const BEFORE = "2026-11-26T08:00:05Z";
const AFTER = "2026-11-26T09:30:00Z";
const dyno = (name: string, state: string, updated_at: string, type = "web") => ({ name, type, state, updated_at });

async function appOf(dynos: readonly unknown[]) {
  const answer = ({ line }: Request) => (line.startsWith("GET") ? { body: dynos } : { status: 202, body: {} });
  const platform = await startPlatform(answer);
  return { platform, hook: heroku({ apiKey: "Bearer HRKU-secretsecret", app: "shop" }, platform.runtime) };
}

test("restarts all dynos, in the version of the API that it was written for", async () => {
  const { platform, hook } = await appOf([
    dyno("web.1", "up", "2026-11-26T08:00:00Z"),
    dyno("web.2", "up", BEFORE),
    dyno("run.77", "up", "2026-11-26T09:00:00Z", "run"),
  ]);
  expect(await hook.fire(firing)).toEqual({ id: BEFORE, url: null, status: "restarting" });
  const headers = { authorization: "Bearer HRKU-secretsecret", accept: "application/vnd.heroku+json; version=3" };
  expect(platform.requests).toMatchObject([
    { line: `GET ${DYNOS}`, headers, body: "" },
    { line: `DELETE ${DYNOS}`, headers, body: "" },
  ]);
});

test("an app without dynos is not restarted", async () => {
  const { platform, hook } = await appOf([dyno("run.77", "up", BEFORE, "run")]);
  const refusal = { fault: "refused", message: "heroku: listing the dynos: shop has none; scale it first" };
  await expect(hook.fire(firing)).rejects.toMatchObject(refusal);
  await expect(hook.dryRun(never)).rejects.toMatchObject(refusal);
  expect(platform.lines()).toEqual([`GET ${DYNOS}`, `GET ${DYNOS}`]);
});

test.each([
  ["the old ones are still up", [dyno("web.1", "up", BEFORE)], "running", "0 of 1 up again"],
  ["one starts", [dyno("web.1", "up", AFTER), dyno("web.2", "starting", AFTER)], "running", "1 of 2 up again"],
  ["all are up again", [dyno("web.1", "up", AFTER), dyno("web.2", "up", AFTER)], "succeeded", "2 of 2 up again"],
  ["one sleeps", [dyno("web.1", "idle", AFTER)], "succeeded", "1 of 1 up again"],
  ["one crashed", [dyno("web.1", "crashed", AFTER), dyno("web.2", "up", AFTER)], "failed", "crashed: web.1"],
  ["one had crashed before", [dyno("web.1", "crashed", BEFORE)], "running", "0 of 1 up again"],
  [
    "somebody's console is open",
    [dyno("web.1", "up", AFTER), dyno("run.7", "up", BEFORE, "run")],
    "succeeded",
    "1 of 1 up again",
  ],
])("followed: %s", async (_, dynos, state, status) => {
  const { hook } = await appOf(dynos);
  const followed = await hook.status?.({ id: BEFORE, url: null, status: null }, never);
  expect(followed).toEqual({ state, deployment: { id: BEFORE, url: null, status } });
});

test("a dry run counts what would be restarted", async () => {
  const { hook } = await appOf([dyno("web.1", "up", BEFORE), dyno("worker.1", "up", BEFORE, "worker")]);
  expect((await hook.dryRun(never)).checked).toBe("The key sees 2 dynos of shop.");
});
