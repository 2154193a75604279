import { describe, expect, it } from "vitest";
import { type SmallApp, smallApp } from "../support/app.ts";

const MONITOR = { MONITOR_TOKENS: "kuma:a-monitor-token-that-is-long-enough" };
const AS_MONITOR = { Authorization: "Bearer a-monitor-token-that-is-long-enough" };
const PATHS = ["/health", "/health/deep", "/health/live", "/health/ready"];

const ask = ({ app }: SmallApp, path: string, method = "GET", headers: Record<string, string> = AS_MONITOR) =>
  app.request(path, { method, headers });

describe("what health looks like to monitors", () => {
  it.each(PATHS)("%s answers HEAD like GET, without a body, and is never cached", async (path) => {
    const small = smallApp(MONITOR);
    const [get, head] = [await ask(small, path), await ask(small, path, "HEAD")];
    expect([head.status, await head.text()]).toEqual([get.status, ""]);
    for (const name of ["content-type", "cache-control"]) expect(head.headers.get(name)).toBe(get.headers.get(name));
    expect(get.headers.get("cache-control")).toBe("no-store");
    expect(get.headers.get("age")).toBeNull();
  });

  it("answers HEAD from the same memo: a monitor that asks so pings no database of its own", async () => {
    const small = smallApp();
    await ask(small, "/health", "HEAD");
    await small.runtime.advance(1_000);
    expect(await (await ask(small, "/health")).json()).toMatchObject({ age_ms: 1_000 });
  });

  it.each(PATHS)("%s answers other methods with 405 and what it allows", async (path) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const answer = await ask(smallApp(MONITOR), path, method);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
      expect(await answer.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
    }
  });

  it("leaves what is not health to others", async () => {
    expect((await ask(smallApp(), "/health/nothing")).status).toBe(404);
    expect((await ask(smallApp(), "/orders", "DELETE")).status).toBe(404);
  });

  it.each([
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"],
    ["text/html", "application/json"],
    ["*/*", "application/json"],
    ["application/health+json;q=0, application/json", "application/json"],
    ["application/json, application/health+json;q=0.5", "application/json"],
    ["application/health+json", "application/health+json"],
    ["application/health+json, application/json;q=0.9", "application/health+json"],
    ["APPLICATION/HEALTH+JSON", "application/health+json"],
    [`${"a/b,".repeat(2_000)}application/health+json`, "application/health+json"],
  ])("gives to %.40s the form %s, and no HTML to anybody", async (accept, type) => {
    for (const path of ["/health", "/health/deep"]) {
      const answer = await ask(smallApp(MONITOR), path, "GET", { ...AS_MONITOR, Accept: accept });
      expect(answer.headers.get("content-type")).toBe(type);
      expect(answer.headers.get("vary")).toContain("Accept");
      await answer.json();
    }
  });
});

describe("/health/deep", () => {
  it("is for monitors and admins, and for nobody else", async () => {
    const small = smallApp(MONITOR);
    const statusAs = async (token: string) =>
      (await ask(small, "/health/deep", "GET", token ? { Authorization: `Bearer ${token}` } : {})).status;
    expect(await statusAs("a-monitor-token-that-is-long-enough")).toBe(200);
    expect(await statusAs("a-token-that-is-long-enough-to-pass")).toBe(200);
    expect(await statusAs("a-token-that-is-long-enough-to-fail")).toBe(401);
    expect(await statusAs("")).toBe(401);
  });

  it("comes from the computation that /health comes from", async () => {
    const small = smallApp(MONITOR);
    const health = await (await ask(small, "/health")).json();
    await small.runtime.advance(2_000);
    small.faults.set({ mode: "failing", forMs: 60_000 });
    const deep = await (await ask(small, "/health/deep")).json();
    expect(deep).toMatchObject({ status: "healthy", age_ms: 2_000, computed_at: health.computed_at });
  });
});
