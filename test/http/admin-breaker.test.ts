import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { systemStatusSchema } from "../../lib/contract/system.ts";
import { operatedApp } from "../support/operated-app.ts";

describe("POST /admin/api/breaker", () => {
  test("is in force for the fleet, with an end, and written down", async () => {
    const app = operatedApp();
    const { status, body } = await app.post("/admin/api/breaker", {
      mode: "force_open",
      ttl_seconds: 60,
      reason: "maintenance",
    });
    expect([status, body.data]).toMatchObject([200, { gate: "main", forced: { mode: "force_open", actor: "tester" } }]);
    expect((await app.get("/orders")).status).toBe(503);
    expect(await app.post("/admin/api/breaker", { mode: "auto", reason: "done" })).toMatchObject({
      status: 200,
      body: { data: { forced: null } },
    });
    expect(await app.audited()).toMatchObject([
      {
        action: "breaker.override",
        decision: "force_open",
        outcome: "pending",
        subject: "main",
        reason: "maintenance",
      },
      { action: "breaker.outcome", outcome: "in force" },
      { action: "breaker.override", decision: "auto" },
      { action: "breaker.outcome" },
    ]);
  });

  test("resets a breaker at once, which needs no time, and writes that down", async () => {
    const app = operatedApp();
    await app.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: "maintenance" });
    const { status, body } = await app.post("/admin/api/breaker", { mode: "reset", reason: "it is repaired" });
    expect([status, body.data]).toMatchObject([200, { gate: "main", forced: null }]);
    expect((await app.get("/orders")).status).toBe(200);
    const { gates } = v.parse(systemStatusSchema, (await app.get("/admin/api/system-status")).body.data);
    expect(gates.main?.transitions.slice(-2)).toMatchObject([
      { kind: "override", mode: "reset", actor: "tester", reason: "it is repaired" },
      { kind: "transition", from: "open", to: "closed", cause: "override" },
    ]);
    expect((await app.audited()).slice(-2)).toMatchObject([
      { action: "breaker.override", decision: "reset", outcome: "pending", actor: "tester", reason: "it is repaired" },
      { action: "breaker.outcome", decision: "reset", outcome: "in force" },
    ]);
  });

  test("leaves the breaker alone where somebody else has spoken since", async () => {
    const app = operatedApp();
    const close = { mode: "force_closed", ttl_seconds: 60, reason: "I know better" };
    const seen = async () => {
      const { gates } = (await app.get("/admin/api/system-status")).body.data as {
        gates: { main: { override_version: number } };
      };
      return gates.main.override_version;
    };
    const speak = (version: number) => app.post("/admin/api/breaker", { ...close, expected_version: version });
    const before = await seen();
    expect(await speak(before)).toMatchObject({ status: 200, body: { data: { override_version: before + 1 } } });
    const message = expect.stringContaining(`${before + 1} now`);
    expect(await speak(before)).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR", message } } });
    const tooHigh = await speak(1e14 - 1);
    expect(tooHigh).toMatchObject({ status: 400, body: { error: { message }, meta: { reason: "stale_version" } } });
    expect(await seen()).toBe(before + 1);
    expect(await speak(await seen())).toMatchObject({ status: 200 });
  });

  test("tells programs in production too that a version is stale, and no other mistake so", async () => {
    const app = operatedApp();
    const word = { mode: "force_open", ttl_seconds: 60, reason: "maintenance" };
    const { body } = await app.post("/admin/api/breaker", { ...word, expected_version: 1 });
    expect(body).toMatchObject({ error: { code: "VALIDATION_ERROR" }, meta: { reason: "stale_version" } });
    expect(body.error).not.toHaveProperty("details");
    const wrong = await app.post("/admin/api/breaker", { ...word, expected_version: -1 });
    expect(wrong.body.error?.code).toBe("VALIDATION_ERROR");
    expect(wrong.body.meta).not.toHaveProperty("reason");
  });

  test("wants words for why, a time for how long, and a gate that there is", async () => {
    const app = operatedApp();
    const good = { mode: "force_open", ttl_seconds: 60, reason: "x" };
    const wrong = [
      { ...good, reason: "" },
      { ...good, reason: undefined },
      { ...good, ttl_seconds: 86_401 },
      { ...good, ttl_seconds: 0.5 },
      { ...good, ttl_seconds: "60" },
      { ...good, ttl_seconds: undefined },
      { ...good, mode: "open" },
      { ...good, expected_version: 1e14 },
      { ...good, more: 1 },
    ];
    for (const body of wrong) {
      expect(await app.post("/admin/api/breaker", body), JSON.stringify(body)).toMatchObject({ status: 400 });
    }
    expect(await app.post("/admin/api/breaker", { ...good, gate: "billing" })).toMatchObject({ status: 404 });
    expect(await app.audited()).toEqual([]);
  });

  test("is not obeyed where it cannot be written down", async () => {
    const append = () => Promise.reject(new Error("the disk is full"));
    const app = operatedApp({ auditLog: { append, read: () => [] } });
    const { status } = await app.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: "x" });
    expect([status, (await app.get("/orders")).status]).toEqual([503, 200]);
  });
});
