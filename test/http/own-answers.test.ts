/** What the application has built for an error is what is answered; what it left open is answered by the contract. */
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { jwt } from "hono/jwt";
import { timeout } from "hono/timeout";
import { describe, expect, it, test } from "vitest";
import { ProblemError, type Tidegate, type TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const WAYS: readonly (readonly [way: string, begin: (tide: Tidegate) => Hono<TidegateEnv>])[] = [
  ["with onError", (tide) => new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError)],
  ["by the middleware alone", (tide) => new Hono<TidegateEnv>().use(tide.middleware())],
];

/** Another copy of Hono's class, as an application has it that brings its own. */
class ForeignException extends Error {
  readonly status: number;
  readonly res: Response | undefined;
  constructor(status: number, { message, res }: { message?: string; res?: Response } = {}) {
    super(message);
    this.status = status;
    this.res = res;
  }
  getResponse(): Response {
    return this.res
      ? new Response(this.res.body, { status: this.status, headers: this.res.headers })
      : new Response(this.message, { status: this.status });
  }
}

describe.each(WAYS)("an exception of Hono's, %s,", (_, begin) => {
  const thrown = async (make: () => Error) => {
    const { tide, lines } = smallApp();
    const app = begin(tide).get("/orders/:id", () => {
      throw make();
    });
    return { answer: await app.request("/orders/17"), lines };
  };

  it.each([400, 401, 403, 404, 409, 410, 422, 429, 451, 500, 501, 502, 503, 504, 507])(
    "%i with an answer of its own is that answer, untouched",
    async (status) => {
      for (const kind of [HTTPException, ForeignException]) {
        for (const [type, body] of [
          ["text/plain;charset=UTF-8", "closed for maintenance"],
          ["application/json", '{"mine":true}'],
          ["text/html", "<p>mine</p>"],
        ] as const) {
          const headers = { "Content-Type": type, "Retry-After": "120", "X-Mine": "yes" };
          const { answer } = await thrown(
            () => new kind(status as 503, { res: new Response(body, { status, headers }) }),
          );
          expect([answer.status, await answer.text()]).toEqual([status, body]);
          expect(Object.fromEntries(answer.headers)).toMatchObject({
            "content-type": type,
            "retry-after": "120",
            "x-mine": "yes",
          });
        }
      }
    },
  );

  it.each([
    [501, "NOT_IMPLEMENTED", "request.refused"],
    [502, "BAD_GATEWAY", "request.failed"],
    [503, "SERVICE_UNAVAILABLE", "request.refused"],
    [504, "GATEWAY_TIMEOUT", "request.failed"],
  ])("%i without one is a problem of the same status: %s", async (status, code, event) => {
    for (const kind of [HTTPException, ForeignException]) {
      const { answer, lines } = await thrown(() => new kind(status as 501, { message: "the printer says no" }));
      expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
      expect(await answer.json()).toMatchObject({ status, detail: "the printer says no", error: { code } });
      expect(lines).toContainEqual(expect.objectContaining({ event, fields: expect.objectContaining({ code }) }));
    }
  });
});

describe.each(WAYS)("an exception that is thrown on the way out, %s,", (_, begin) => {
  it("keeps the cookies and headers that were set beside it", async () => {
    const { tide } = smallApp();
    const app = begin(tide);
    app.get("/built", (c) => {
      try {
        throw new Error("the cause");
      } catch (cause) {
        throw new HTTPException(302, { cause, res: c.redirect("/?error", 302) });
      } finally {
        deleteCookie(c, "state");
        c.header("X-Mine", "yes");
      }
    });
    app.get("/open", (c) => {
      setCookie(c, "state", "1");
      c.header("X-Mine", "yes");
      throw new HTTPException(401, { message: "no" });
    });
    for (const [path, status, cookie] of [
      ["/built", 302, "state=; Max-Age=0; Path=/"],
      ["/open", 401, "state=1; Path=/"],
    ] as const) {
      const { status: found, headers } = await app.request(path);
      expect([path, found, headers.get("set-cookie"), headers.get("x-mine")]).toEqual([path, status, cookie, "yes"]);
    }
  });

  it("says nothing of the body that it stands for", async () => {
    const { tide } = smallApp();
    const app = begin(tide).get("/file", (c) => {
      c.header("Content-Type", "text/csv");
      c.header("Content-Disposition", 'attachment; filename="orders.csv"');
      c.header("Content-Encoding", "gzip");
      c.header("Content-Length", "4711");
      c.header("ETag", '"17"');
      throw new ProblemError("SERVICE_UNAVAILABLE", "Not now.");
    });
    const answer = await app.request("/file");
    for (const name of ["content-disposition", "content-encoding", "content-length", "etag"])
      expect([name, answer.headers.get(name)]).toEqual([name, null]);
    expect([answer.headers.get("content-type"), (await answer.json()).status]).toEqual([
      "application/problem+json",
      503,
    ]);
  });
});

test("an exception that was thrown before, with its answer read by then, is a problem of its status", async () => {
  const { tide } = smallApp();
  const once = new HTTPException(503, { res: new Response("closed") });
  const app = new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError);
  app.get("/orders", () => {
    throw once;
  });
  expect(await (await app.request("/orders")).text()).toBe("closed");
  const again = await app.request("/orders");
  expect([again.status, (await again.json()).error.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
});

describe.each(WAYS)("middleware of Hono's own, %s,", (_, begin) => {
  const secret = "s".repeat(32);
  it.each([
    ["bearerAuth", bearerAuth({ token: "t" }), 401, "UNAUTHORIZED"],
    ["basicAuth", basicAuth({ username: "u", password: "p" }), 401, "UNAUTHORIZED"],
    ["jwt", jwt({ secret, alg: "HS256" }), 401, "UNAUTHORIZED"],
    ["csrf", csrf(), 403, "FORBIDDEN"],
    ["bodyLimit", bodyLimit({ maxSize: 1 }), 413, "PAYLOAD_TOO_LARGE"],
  ])("%s says it in the contract's words, with its challenge", async (_name, middleware, status, code) => {
    const { tide } = smallApp();
    const app = begin(tide).post("/orders", middleware, (c) => c.text("never"));
    const answer = await app.request("/orders", {
      method: "POST",
      headers: { "Content-Type": "text/plain", Origin: "https://evil.example", "Content-Length": "3" },
      body: "abc",
    });
    expect([answer.status, (await answer.json()).error.code]).toEqual([status, code]);
    expect(answer.headers.has("www-authenticate")).toBe(status === 401);
  });

  it("timeout is a GATEWAY_TIMEOUT", async () => {
    const { tide } = smallApp();
    const app = begin(tide).get("/orders", timeout(1), () => new Promise<Response>(() => {}));
    const answer = await app.request("/orders");
    expect([answer.status, (await answer.json()).error.code]).toEqual([504, "GATEWAY_TIMEOUT"]);
  });
});

describe.each(WAYS)("a handler that forgets its answer, %s,", (_, begin) => {
  it.each([
    ["nothing", undefined, [{}, { CORS_ORIGINS: "https://fab.example" }]],
    ["null", null, [{}, { CORS_ORIGINS: "https://fab.example" }]],
    // With CORS Hono has made an answer of these by the time that anybody can look.
    ["an object", { rows: [] }, [{}]],
    ["a text", "orders", [{}]],
  ])("and gives %s, is a 500 whose line says where", async (_what, value, envs) => {
    for (const env of envs) {
      const { tide, lines } = smallApp(env);
      const app = begin(tide).get("/orders/:id", (() => value) as never);
      const answer = await app.request("/orders/17", { headers: { Origin: "https://fab.example" } });
      expect([answer.status, (await answer.json()).error.code]).toEqual([500, "INTERNAL_ERROR"]);
      const failed = lines.filter(({ level }) => level === "error");
      expect(failed).toHaveLength(1);
      expect([failed[0]?.event, JSON.stringify(failed[0]?.fields.error)]).toEqual([
        "request.failed",
        expect.stringMatching(/GET \/orders\/:id.*Response/),
      ]);
    }
  });
});
