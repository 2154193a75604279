import { describe, expect, test } from "vitest";
import { fake } from "../log/corpus/fakes.ts";
import { operatedApp } from "../support/operated-app.ts";

const SECRET = fake("typed by an operator");
const REASON = `moved to postgres://app:${SECRET}@db.example/app`;
const SHOWN = "moved to postgres://app:***@db.example/app";

describe("a secret among what an operator typed is shown to nobody, other operators included", () => {
  test("as the reason of an override", async () => {
    const app = operatedApp();
    await app.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: REASON });
    const { body } = await app.get("/admin/api/system-status");
    expect(body.data).toMatchObject({ circuit_breaker: { forced: { reason: SHOWN } } });
    expect(JSON.stringify((await app.get("/admin/api/audit")).body)).not.toContain(SECRET);
  });

  test("as the reason of a restart", async () => {
    const app = operatedApp();
    const word = { reason: REASON, manual_override: true, override_acknowledged: true, override_reason: REASON };
    expect((await app.post("/admin/api/worker/restart", word)).status).toBe(202);
    for (const path of ["/admin/api/worker/status", "/admin/api/audit"]) {
      const { body } = await app.get(path);
      expect(JSON.stringify(body)).toContain(SHOWN);
      expect(JSON.stringify(body)).not.toContain(SECRET);
    }
  });
});

test("a secret in the path of a request is not in a problem's instance", async () => {
  const { status, body } = await operatedApp().get(`/reset-password/${SECRET}7a9`);
  expect(status).toBe(404);
  expect(body).toMatchObject({ instance: "/reset-password/***" });
});
