/** What Express, its middleware and its users throw, and in which order Tidegate may stand. */
import express, { type Express } from "express";
import { HTTPException } from "hono/http-exception";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { errorHandler, middleware, routes, tideOf } from "../../lib/frameworks/express.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { served } from "./express-served.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const instance = (env: Record<string, string> = {}): Tidegate =>
  tidegate({ store: memory(), config: readConfig(env), log });
const quiet = (_error: unknown, _req: express.Request, res: express.Response, next: express.NextFunction) =>
  res.headersSent ? next(_error) : void res.status(599).send("its own");

describe("Express", () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  const started = async (app: Express): Promise<(path: string, init?: RequestInit) => Promise<Response>> => {
    const { url, close } = await served(app);
    ends.push(close);
    return (path, init) => fetch(`${url}${path}`, init);
  };
  const throwing = (error: unknown) => {
    const tide = instance();
    const app = express().use(middleware(tide));
    app.get("/", async () => {
      throw error;
    });
    return started(app.use(errorHandler(tide)).use(quiet));
  };

  test.each([
    [Object.assign(new Error("no such order"), { status: 404 }), 404, "NOT_FOUND", "no such order"],
    [Object.assign(new Error("not yours"), { statusCode: 403 }), 403, "FORBIDDEN", "not yours"],
    [Object.assign(new Error("inner words"), { status: 400, expose: false }), 400, "VALIDATION_ERROR", undefined],
    [Object.assign(new Error("inner words"), { status: 503 }), 503, "SERVICE_UNAVAILABLE", undefined],
    [Object.assign(new Error("inner words"), { status: 500 }), 500, "INTERNAL_ERROR", undefined],
    [Object.assign(new Error("inner words"), { status: 507 }), 500, "INTERNAL_ERROR", undefined],
    [Object.assign(new Error("inner words"), { status: "404" }), 500, "INTERNAL_ERROR", undefined],
    ["a text", 500, "INTERNAL_ERROR", undefined],
    [new HTTPException(409, { message: "changed meanwhile" }), 409, "CONFLICT", "changed meanwhile"],
  ])("an error of its users with a status is a problem of that status: %s", async (error, status, code, message) => {
    const answer = await (await throwing(error))("/");
    const body = await answer.json();
    expect([answer.status, body.error.code]).toEqual([status, code]);
    if (message) expect(body.error.message).toBe(message);
    else expect(body.error.message).not.toContain("inner");
  });

  test("a status that the contract does not have is the next error handler's, and so is an answer that has begun", async () => {
    const ask = await throwing(Object.assign(new Error("odd"), { status: 415 }));
    expect([(await ask("/")).status, await (await ask("/")).text()]).toEqual([599, "its own"]);
    const tide = instance();
    const app = express().use(middleware(tide));
    app.get("/", async (_req, res) => {
      res.write("half");
      throw new Error("in the middle");
    });
    const begun = await started(app.use(errorHandler(tide)));
    const error = await begun("/")
      .then((answer) => answer.text())
      .catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(TypeError);
  });

  test("a body that its parser refuses is answered by the contract", async () => {
    const tide = instance();
    const app = express()
      .use(middleware(tide))
      .use(express.json({ limit: 10 }));
    app.post("/", (req, res) => void res.json(req.body));
    const ask = await started(app.use(errorHandler(tide)));
    const post = (body: string) => ask("/", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    const codeOf = async (answer: Response) => (await answer.json()).error.code;
    expect([(await post("{")).status, await codeOf(await post("{"))]).toEqual([400, "VALIDATION_ERROR"]);
    expect(await codeOf(await post('{"much": "too long"}'))).toBe("PAYLOAD_TOO_LARGE");
    expect(await (await post('{"a":1}')).json()).toEqual({ a: 1 });
  });

  test("the middleware may stand twice, in a router, and in front of Tidegate's own routes", async () => {
    const tide = instance({ RATE_LIMIT_PER_MINUTE: "2" });
    const router = express.Router().use(middleware(tide));
    router.get("/orders", (req, res) => void res.send(tideOf(req).requestId));
    const app = express().use(middleware(tide)).use("/api/:tenant", router).use("/ops", routes(tide));
    const ask = await started(app.use(errorHandler(tide)));
    // From its first request on it is known where they are.
    await ask("/ops/health/live");
    for (let probe = 0; probe < 5; probe++) expect((await ask("/ops/health/live")).status).toBe(200);
    const answer = await ask("/api/7/orders");
    expect([answer.headers.get("ratelimit")?.slice(0, 13), await answer.text()]).toEqual([
      '"default";r=0',
      answer.headers.get("x-request-id"),
    ]);
    expect((await ask("/api/7/orders")).status).toBe(429);
    tide.drain();
    expect((await ask("/ops/health/live")).status).toBe(200);
    expect((await ask("/health/live")).status).toBe(503);
  });

  test("an application without Tidegate's middleware has its answers all the same", async () => {
    const tide = instance();
    const app = express();
    app.get("/", (req, res) => void res.send(tideOf(req).requestId));
    const ask = await started(app.use(errorHandler(tide)));
    const answer = await ask("/", { headers: { "X-Request-Id": "mine" } });
    expect([answer.status, answer.headers.get("x-request-id")]).toEqual([500, "mine"]);
  });

  test("what is none of tidegate() is said where it is handed over", () => {
    for (const make of [middleware, routes, errorHandler]) {
      expect(() => make({} as never)).toThrow("what tidegate() returns is needed first, was object");
      expect(() => make(undefined as never)).toThrow("was undefined");
    }
    expect(() => tideOf({} as never)).toThrow("app.use(middleware(tide)) before its route");
  });
});
