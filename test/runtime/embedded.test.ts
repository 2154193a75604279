import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, launchDemo, startDemo, WANTS_NEW } from "../support/demo.ts";
import { eventually, freePort } from "../support/processes.ts";

describe("the demo with nothing but Node", () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo({ LOG_FORMAT: "pretty" });
  });
  afterAll(() => demo.stop());

  it("says where it is, what it uses, and what to try", async () => {
    await eventually("the welcome", () => demo.output().includes("curl "));
    expect(demo.output()).toContain(`${demo.url}/api/reports/wip-summary`);
    expect(demo.output()).toContain("embedded");
    expect(demo.output()).toContain("memory:");
  });

  const endpoints = [
    "/api/reports/wip-summary",
    "/api/reports/reject-history",
    "/api/reports/hold-history",
    "/api/trace/lineage?lot=L0000001",
    "/api/trace/events?lots=L0000001,L0000002",
  ];
  it.each(endpoints)("answers %s as JSON and as CSV", async (path) => {
    const json = await demo.get(path);
    expect(json).toMatchObject({ status: 200, body: { success: true, meta: { app_version: expect.any(String) } } });
    const csv = await demo.get(path, { headers: { Accept: "text/csv" } });
    expect(csv.status).toBe(200);
    expect(csv.headers.get("content-type")).toContain("text/csv");
  });

  it("answers pages, 404, 405 and hostile input politely", async () => {
    for (const path of ["/", "/dev"]) expect((await demo.get(path)).headers.get("content-type")).toContain("text/html");
    expect((await demo.get("/nowhere")).body.error.code).toBe("NOT_FOUND");
    const wrong = await demo.get("/api/reports/wip-summary", { method: "DELETE" });
    expect([wrong.status, wrong.body.error.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    expect(wrong.headers.get("allow")).toContain("GET");
    const large = await demo.get("/dev/faults", { method: "POST", body: "x".repeat(70_000) });
    expect([large.status, large.body.error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    const broken = await demo.get("/dev/faults", {
      method: "POST",
      body: "{",
      headers: { "content-type": "application/json" },
    });
    expect([broken.status, broken.body.error.code]).toEqual([400, "VALIDATION_ERROR"]);
    const injected = await demo.get("/api/trace/events?lots=L0000001'%3Bdrop%20table%20fab.lots");
    expect(injected.status).toBeLessThan(500);
    expect((await demo.get("/api/reports/wip-summary")).status).toBe(200);
  });
});

describe("a start that takes longer than a call may", () => {
  it.each([
    ["waits for a connection", { DB_POOL_TIMEOUT: "0" }],
    ["runs", { DB_CALL_TIMEOUT_MS: "1500", DB_SLOW_CALL_TIMEOUT_MS: "1500" }],
  ])("lets nobody in before the database answers: %s", async (_what, env: Record<string, string>) => {
    const demo = launchDemo(env, await freePort());
    const first = () => demo.get("/api/reports/wip-summary").catch(() => undefined);
    expect(await eventually("an answer of any kind", first, 60_000)).toMatchObject({ status: 200 });
    await demo.stop();
  });
});

describe("breaking the database on purpose", () => {
  it("opens the breaker, fails fast, tells health, and heals alone", async () => {
    const demo = await startDemo({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1", HEALTH_MEMO_TTL_SECONDS: "0" });
    const path = "/api/reports/wip-summary";
    await demo.get(path, WANTS_NEW);
    const body = JSON.stringify({ mode: "failing", seconds: 2 });
    const post = { method: "POST", body, headers: { "content-type": "application/json" } };
    expect((await demo.get("/dev/faults", post)).status).toBe(200);

    const codes = [];
    for (let call = 0; call < 12; call++) codes.push((await demo.get(path, WANTS_NEW)).body.error.code);
    expect(codes[0]).toBe("DB_CONNECTION_FAILED");
    const refused = await demo.get(path, WANTS_NEW);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "CIRCUIT_BREAKER_OPEN" }, retryable: true } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await demo.get("/health")).body.degraded_reason).toBe("database_unreachable");

    // Probes are ordinary requests: without traffic a breaker stays half-open.
    await eventually("healing", async () => (await demo.get(path, WANTS_NEW)).status === 200, 20_000);
    await demo.get(path, WANTS_NEW);
    expect((await demo.get("/health")).body.status).toBe("healthy");
    expect(await demo.stop()).toBe(0);
  });

  it.each(["production", "staging", "testing"])("is impossible in %s", async (APP_ENV) => {
    const demo = await startDemo({ APP_ENV, DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });
    const post = {
      method: "POST",
      body: '{"mode":"failing","seconds":9}',
      headers: { "content-type": "application/json" },
    };
    expect((await demo.get("/dev/faults", post)).status).toBe(404);
    expect((await demo.get("/dev")).status).toBe(404);
    expect(demo.output()).not.toContain("/dev");
    await demo.stop();
  });
});

describe("a start that cannot be", () => {
  it("names every fault of the environment at once and exits with 78", async () => {
    const env = {
      TIDEGATE_APP_ENV: "live",
      DATABASE_URL: "mysql://root:hunter2@db/fab",
      STATE_URL: "memcached://x",
      DB_POOL_SIZE: "5s",
    };
    const demo = launchDemo(env, await freePort());
    expect(await demo.ended()).toBe(78);
    for (const name of Object.keys(env)) expect(demo.output()).toContain(name);
    for (const known of ["postgres", "oracle", "pglite", "redis", "upstash"]) expect(demo.output()).toContain(known);
    expect(demo.output()).not.toContain("hunter2");
  });

  it("says that its port is taken", async () => {
    const demo = await startDemo({ DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });
    const port = Number(new URL(demo.url).port);
    const second = launchDemo({}, port);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(String(port));
    await demo.stop();
  });
});
