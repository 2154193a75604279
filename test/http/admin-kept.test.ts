/** `POST /admin/api/kept/forget`, and what operators see of what is kept. */
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Tidegate } from "../../lib/tidegate.ts";
import { ADMIN, MONITOR, operatedApp } from "../support/operated-app.ts";

const FORGET = "/admin/api/kept/forget";
const REASON = "prices were wrong";

/** Three values with a tag each. */
async function keeping(options: Parameters<typeof operatedApp>[0] = {}) {
  const app = operatedApp(options);
  for (const key of ["a/1", "a/2", "b/1"]) await app.tide.kept(key, () => key, { tags: [`of ${key}`] });
  await app.runtime.advance(10);
  return app;
}

const away = () => {
  throw new DatabaseError("connection", "The database could not be reached.");
};
const keptOf = (tide: Tidegate) =>
  Promise.all(
    ["a/1", "a/2", "b/1"].map((key) =>
      tide.kept(key, away).then(
        ({ value }) => [value],
        () => [],
      ),
    ),
  ).then((found) => found.flat());

describe("POST /admin/api/kept/forget", () => {
  test.each([
    [{ key: "a/1" }, ["a/2", "b/1"]],
    [{ tag: "of b/1" }, ["a/1", "a/2"]],
    [{ prefix: "a/" }, ["b/1"]],
  ])("forgets what %o names, and nothing else", async (what, left) => {
    const app = await keeping();
    const [[by, value] = []] = Object.entries(what);
    expect(await app.post(FORGET, { ...what, reason: REASON })).toMatchObject({
      status: 200,
      body: { success: true, data: { by, value } },
    });
    expect(await keptOf(app.tide)).toEqual(left);
  });

  test("is written down before and after, with who and why", async () => {
    const app = await keeping();
    await app.post(FORGET, { tag: "of b/1", reason: ` ${REASON} ` });
    const word = { actor: "tester", kind: "token", source: "manual", decision: "tag", subject: "of b/1" };
    expect(await app.audited()).toMatchObject([
      { ...word, action: "kept.forget", outcome: "pending", reason: REASON, override_reason: null },
      { ...word, action: "kept.outcome", outcome: "forgotten", reason: REASON, override_reason: null },
    ]);
  });

  test("is not done where it cannot be written down", async () => {
    const append = () => Promise.reject(new Error("the disk is full"));
    const app = await keeping({ auditLog: { append, read: () => [] } });
    expect(await app.post(FORGET, { prefix: "a/", reason: REASON })).toMatchObject({
      status: 503,
      body: { error: { code: "SERVICE_UNAVAILABLE", message: expect.stringContaining("written to the audit") } },
    });
    expect(await keptOf(app.tide)).toEqual(["a/1", "a/2", "b/1"]);
  });

  test("says so where the store does not confirm it, and leaves the record without an outcome", async () => {
    const store = memory();
    const open: typeof store.open = (runtime) => {
      const opened = store.open(runtime);
      const transact: typeof opened.transact = (machine, key, message) =>
        key.endsWith("forgetting") ? Promise.reject(new Error("away")) : opened.transact(machine, key, message);
      return { ...opened, transact };
    };
    const app = await keeping({ store: { ...store, open } });
    expect(await app.post(FORGET, { prefix: "a/", reason: REASON })).toMatchObject({
      status: 503,
      body: { error: { message: "Nothing is known to be forgotten: the state store does not answer." } },
    });
    expect(await app.audited()).toMatchObject([{ action: "kept.forget", outcome: "pending" }]);
  });

  test("wants one thing to forget, and words for why", async () => {
    const app = await keeping();
    const wrong = [
      { reason: REASON },
      { key: "a/1", tag: "of a/1", reason: REASON },
      { prefix: "", reason: REASON },
      { prefix: 1, reason: REASON },
      { tag: null, reason: REASON },
      { key: "x".repeat(4_097), reason: REASON },
      { key: "a/1" },
      { key: "a/1", reason: " " },
      { key: "a/1", reason: REASON, more: 1 },
      [],
    ];
    for (const body of wrong) {
      const { status, body: answered } = await app.post(FORGET, body);
      expect([body, status, answered.error?.code]).toEqual([body, 400, "VALIDATION_ERROR"]);
    }
    expect(await keptOf(app.tide)).toEqual(["a/1", "a/2", "b/1"]);
    expect(await app.audited()).toEqual([]);
  });

  test("wants of a browser the token of its session", async () => {
    const app = await keeping();
    const origin = "http://localhost";
    const send = (path: string, body: object, headers: Record<string, string>) =>
      app.app.request(`${origin}${path}`, {
        method: "POST",
        headers: { origin, "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
    const signedIn = await send("/admin/api/session", { token: ADMIN.replace("Bearer ", "") }, {});
    const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
    const { csrf_token: csrf } = (await signedIn.json()).data;
    const body = { prefix: "a/", reason: REASON };
    const statusWith = async (headers: Record<string, string>) =>
      (await send(FORGET, body, { cookie, ...headers })).status;
    expect(await statusWith({})).toBe(403);
    expect(await statusWith({ "x-csrf-token": csrf, origin: "https://evil.example" })).toBe(403);
    expect(await keptOf(app.tide)).toEqual(["a/1", "a/2", "b/1"]);
    expect(await statusWith({ "x-csrf-token": csrf })).toBe(200);
    expect(await keptOf(app.tide)).toEqual(["b/1"]);
  });

  test("is for admins", async () => {
    const app = await keeping();
    const body = { prefix: "a/", reason: REASON };
    expect((await app.post(FORGET, body, { authorization: MONITOR })).status).toBe(403);
    expect((await app.post(FORGET, body, { authorization: "Bearer wrong" })).status).toBe(401);
    expect(await keptOf(app.tide)).toEqual(["a/1", "a/2", "b/1"]);
  });
});

test("what is kept is seen in health of this moment, however old the verdict, and in system-status with its counts", async () => {
  const app = operatedApp();
  const idle = { entries: 0, served_stale_last_minute: 0, oldest_served_seconds: 0 };
  const before: object = (await app.get("/health")).body;
  expect(before).toMatchObject({ kept: idle });
  const { computed_at } = before as { computed_at: string };
  await app.tide.kept("stock", () => 7);
  await app.runtime.advance(3_000);
  await app.tide.kept("stock", away);
  const outage = { entries: 1, served_stale_last_minute: 1, oldest_served_seconds: 3 };
  expect((await app.get("/health")).body).toMatchObject({ computed_at, kept: outage });
  expect((await app.get("/health/deep")).body).not.toHaveProperty("kept");
  expect((await app.get("/admin/api/system-status")).body.data).toMatchObject({
    kept: { ...outage, bytes: expect.any(Number), answers: { loaded: 1, stale: 1, missing: 0 } },
  });
  await app.runtime.advance(60_000);
  expect((await app.get("/health")).body).toMatchObject({ kept: { ...idle, entries: 1 } });
});
