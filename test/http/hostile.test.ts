import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, it } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { DatabaseError, type TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

describe("responses that are not of Hono's making", () => {
  it("pass with their immutable headers, and carry the request id and timing", async () => {
    const { app } = smallApp();
    app.get("/elsewhere", () => fetch("data:text/plain,from%20elsewhere"));
    const response = await app.request("/elsewhere", { headers: { "X-Request-Id": "r-1" } });
    expect([response.status, await response.text()]).toEqual([200, "from elsewhere"]);
    expect(response.headers.get("server-timing")).toMatch(/^total;dur=/);
    expect(response.headers.get("x-request-id")).toBe("r-1");
  });

  it("stream through untouched", async () => {
    const { app } = smallApp();
    app.get("/stream", () => new Response(new Blob(["one ", "two"]).stream(), { headers: { "X-Mine": "yes" } }));
    const response = await app.request("/stream");
    expect([await response.text(), response.headers.get("x-mine")]).toEqual(["one two", "yes"]);
  });
});

describe("a degraded answer", () => {
  it.each([{}, { CORS_ORIGINS: "https://fab.example" }])(
    "keeps its own headers over the handler's (%o)",
    async (env) => {
      for (const withOnError of [true, false]) {
        const { app, tide } = smallApp(env);
        if (withOnError) app.onError(tide.onError);
        app.get("/cached", async (c) => {
          c.header("Cache-Control", "public, max-age=3600");
          c.header("Retry-After", "0");
          return c.json(await c.var.db.query`select 1`);
        });
        await openBreaker(tide);
        const response = await app.request("/cached", { headers: { Origin: "https://fab.example" } });
        expect(response.headers.get("cache-control")).toBe("no-store");
        const { meta } = (await response.json()) as { meta: { retry_after_seconds: number } };
        expect(response.headers.get("retry-after")).toBe(`${meta.retry_after_seconds}`);
      }
    },
  );

  it("of any other error is not cached either, whatever the handler said of its success", async () => {
    const { app } = smallApp({ CORS_ORIGINS: "https://fab.example" }, () => {
      throw new DatabaseError("statement", "The database rejected the statement.");
    });
    app.get("/cached", async (c) => {
      c.header("Cache-Control", "public, max-age=3600");
      return c.json(await c.var.db.query`select 1`);
    });
    expect((await app.request("/cached")).headers.get("cache-control")).toBe("no-store");
  });
});

describe("CORS", () => {
  it("with * lets every origin read", async () => {
    const { app } = smallApp({ CORS_ORIGINS: "*" });
    const response = await app.request("/orders", { headers: { Origin: "https://any.example" } });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toContain("Retry-After");
  });

  it("lets no other origin read than those given", async () => {
    const { app } = smallApp({ CORS_ORIGINS: "https://fab.example" });
    const response = await app.request("/orders", { headers: { Origin: "https://other.example" } });
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
  });
});

describe("an application's own words", () => {
  it("stand, as plain text too: for errors, in a part of it, and for what is not there", async () => {
    const { app } = smallApp();
    const part = new Hono<TidegateEnv>().get("/", () => {
      throw new Error("secret");
    });
    part.onError((_, c) => c.text("the part's words", 500));
    app.route("/part", part);
    app.get("/fails", () => {
      throw new Error("secret");
    });
    app.onError((_, c) => c.text("my words", 500));
    app.notFound((c) => c.text("my nothing", 404));
    const texts = [];
    for (const path of ["/part", "/fails", "/nowhere"]) texts.push(await (await app.request(path)).text());
    expect(texts).toEqual(["the part's words", "my words", "my nothing"]);
  });

  it("stand where they answer an exception of Hono's by another status", async () => {
    const { app } = smallApp();
    app.get("/secret", () => {
      throw new HTTPException(401, { res: new Response("no", { status: 401 }) });
    });
    app.onError((_, c) => c.text("my words", 403));
    const response = await app.request("/secret");
    expect([response.status, await response.text()]).toEqual([403, "my words"]);
  });

  it("are missing where a handler says c.notFound(): that is NOT_FOUND", async () => {
    const { app } = smallApp();
    app.get("/missing", (c) => c.notFound());
    const response = await app.request("/missing");
    expect(await response.json()).toMatchObject({ status: 404, error: { code: "NOT_FOUND" } });
  });
});

describe("a client that goes away", () => {
  it("is no failure of the service: nothing is logged as one", async () => {
    const { app, lines, runtime } = smallApp({}, () => new Promise<never>(() => {}));
    const tab = new AbortController();
    const peer = { incoming: { socket: { remoteAddress: "203.0.113.9" } } };
    const asked = app.request("/orders", { signal: tab.signal }, peer);
    await runtime.advance(0);
    // As the Node server does it: with a reason that is no error.
    tab.abort("Client connection prematurely closed.");
    await runtime.advance(0);
    await asked;
    expect(lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
    expect(lines).toContainEqual(expect.objectContaining({ level: "debug", event: "request.abandoned" }));
  });
});

describe("draining", () => {
  it("refuses paths that only begin like health", async () => {
    const { app, tide } = smallApp();
    app.get("/healthy-orders", (c) => c.text("mine"));
    tide.drain();
    expect((await app.request("/healthy-orders")).status).toBe(503);
    expect((await app.request("/health")).status).toBe(200);
  });
});

describe("Hono's own exceptions", () => {
  it("of a status that the contract has no code for stand, and are no failure of the service", async () => {
    for (const withOnError of [true, false]) {
      const { app, tide, lines } = smallApp();
      if (withOnError) app.onError(tide.onError);
      app.get("/teapot", () => {
        throw new HTTPException(418, { message: "short and stout" });
      });
      const response = await app.request("/teapot");
      expect([response.status, await response.text()]).toEqual([418, "short and stout"]);
      expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    }
  });

  it("of the service's own failing are an INTERNAL_ERROR without their words", async () => {
    const { app } = smallApp();
    app.get("/broken", () => {
      throw new HTTPException(500, { message: "password authentication failed for admin" });
    });
    const response = await app.request("/broken");
    const text = await response.text();
    expect([response.status, text.includes("password")]).toEqual([500, false]);
    expect(JSON.parse(text).error.code).toBe("INTERNAL_ERROR");
  });
});
