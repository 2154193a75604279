import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";

async function answerOf(response: Response) {
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe("a degraded answer", () => {
  it("is one body for two readers: the envelope and problem details", async () => {
    const { app, tide } = smallApp();
    await openBreaker(tide);
    const { status, headers, body } = await answerOf(
      await app.request("/orders", { headers: { "X-Request-Id": "r-1" } }),
    );
    expect(status).toBe(503);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-request-id")).toBe("r-1");
    expect([...headers.keys()].filter((name) => name.includes("tidegate"))).toEqual([]);
    expect(body).toEqual({
      success: false,
      error: { code: "CIRCUIT_BREAKER_OPEN", message: expect.any(String) },
      meta: {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        app_version: "1.2.3",
        request_id: "r-1",
        retry_after_seconds: Number(headers.get("retry-after")),
        gate: "main",
      },
      type: "urn:tidegate:problem:circuit-breaker-open",
      title: "Circuit breaker open",
      status: 503,
      detail: body.error.message,
      instance: "/orders",
      retryable: true,
    });
  });

  it("spreads Retry-After: clients refused together get different values, none below the hint", async () => {
    const { app, tide, runtime } = smallApp({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "1" });
    await fillLane(tide);
    const waiting = Promise.all(Array.from({ length: 8 }, () => app.request("/orders")));
    await runtime.advance(1_000);
    const answers = await Promise.all((await waiting).map(answerOf));
    expect(answers.map(({ body }) => body.error.code)).toEqual(Array(8).fill("DB_POOL_EXHAUSTED"));
    const seconds = answers.map(({ headers }) => Number(headers.get("retry-after")));
    expect(seconds.every((value, index) => value !== seconds[index + 1])).toBe(true);
    expect(Math.min(...seconds)).toBe(5);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(8);
  });

  const faults = [
    ["connection", 503, "DB_CONNECTION_FAILED", true],
    ["exhausted", 503, "DB_POOL_EXHAUSTED", true],
    ["timeout", 504, "DB_QUERY_TIMEOUT", false],
    ["statement", 500, "DB_QUERY_ERROR", false],
  ] as const;
  it.each(faults)("for a database fault %s is %i %s", async (fault, status, code, retries) => {
    const secret = new Error("password authentication failed for user admin at db.internal");
    const { app, lines } = smallApp({}, () => {
      throw new DatabaseError(fault, "The database failed.", { vendorCode: "X", cause: secret });
    });
    const answer = await answerOf(await app.request("/orders"));
    expect(answer).toMatchObject({ status, body: { error: { code }, retryable: retries } });
    expect(answer.headers.has("retry-after")).toBe(retries);
    expect("retry_after_seconds" in answer.body.meta).toBe(retries);
    expect(JSON.stringify(answer.body)).not.toContain("db.internal");
    expect(lines).toContainEqual(expect.objectContaining({ level: "warn", event: "request.failed" }));
  });

  it("shows details outside production only", async () => {
    const developing = smallApp({ APP_ENV: "development" });
    await openBreaker(developing.tide);
    expect((await answerOf(await developing.app.request("/orders"))).body.error.details).toEqual({
      reason: "forced",
      gate: "main",
    });
  });
});

describe("everything else that goes wrong", () => {
  it("an exception of a handler is an INTERNAL_ERROR that says nothing of its cause, but the log does", async () => {
    const { app, lines } = smallApp({}, () => {
      throw new Error("secret detail");
    });
    const { status, body } = await answerOf(await app.request("/orders"));
    expect([status, body.error.code]).toEqual([500, "INTERNAL_ERROR"]);
    expect(JSON.stringify(body)).not.toContain("secret detail");
    const failed = lines.find(({ event }) => event === "request.failed");
    expect(failed).toMatchObject({
      level: "error",
      fields: { error: expect.objectContaining({ message: "secret detail" }) },
    });
  });

  it("an unknown path is NOT_FOUND", async () => {
    const { body, status } = await answerOf(await smallApp().app.request("/nowhere"));
    expect([status, body.error.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("a handler's own 404 stands", async () => {
    const { app } = smallApp();
    app.get("/mine", (c) => c.text("mine", 404));
    expect(await (await app.request("/mine")).text()).toBe("mine");
  });

  it("a body over the limit is PAYLOAD_TOO_LARGE, announced or streamed", async () => {
    const { app } = smallApp({ REQUEST_BODY_LIMIT_BYTES: "1024" });
    const body = JSON.stringify("x".repeat(2_000));
    const announced = await app.request("/orders", {
      method: "POST",
      body,
      headers: { "content-length": `${body.length}` },
    });
    expect(await answerOf(announced)).toMatchObject({ status: 413, body: { error: { code: "PAYLOAD_TOO_LARGE" } } });
    const stream = new Blob([body]).stream();
    const streamed = new Request("http://localhost/orders", {
      method: "POST",
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(await answerOf(await app.request(streamed))).toMatchObject({ status: 413 });
  });

  it("while draining, requests are answered SERVICE_UNAVAILABLE and health goes on", async () => {
    const { app, tide } = smallApp();
    tide.drain();
    expect(await answerOf(await app.request("/orders"))).toMatchObject({
      status: 503,
      body: { error: { code: "SERVICE_UNAVAILABLE" } },
    });
    expect((await app.request("/health/ready")).status).toBe(503);
    expect((await app.request("/health/live")).status).toBe(200);
  });

  it("a forged request id is replaced", async () => {
    const { app } = smallApp();
    const response = await app.request("/nowhere", { headers: { "X-Request-Id": "<script>" } });
    expect(response.headers.get("x-request-id")).toMatch(/^[\w-]+$/);
  });

  it("browsers of allowed origins can read what they need to retry well", async () => {
    const { app, tide } = smallApp({ CORS_ORIGINS: "https://fab.example" });
    await openBreaker(tide);
    const response = await app.request("/orders", { headers: { Origin: "https://fab.example" } });
    expect(response.headers.get("access-control-allow-origin")).toBe("https://fab.example");
    const exposed = response.headers.get("access-control-expose-headers");
    for (const name of ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "Server-Timing"]) {
      expect(exposed).toContain(name);
    }
    expect(response.headers.get("retry-after")).not.toBeNull();
  });
});
