/** Bodies that handlers have read without checking them, and that cannot be read: mistakes of the client. */
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { Tidegate, TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const WAYS: readonly (readonly [way: string, begin: (tide: Tidegate) => Hono<TidegateEnv>])[] = [
  ["with onError", (tide) => new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError)],
  ["by the middleware alone", (tide) => new Hono<TidegateEnv>().use(tide.middleware())],
];

describe.each(WAYS)("a body that cannot be read, %s,", (_, begin) => {
  const sent = async (path: string, body: string, type: string) => {
    const { tide, lines } = smallApp();
    const app = begin(tide)
      .post("/json", async (c) => c.json(await c.req.json()))
      .post("/text", async (c) => c.json(JSON.parse(await c.req.text())))
      .post("/form", async (c) => c.json(await c.req.parseBody()))
      .post("/both", async (c) => {
        await c.req.json();
        return c.json(JSON.parse("{own"));
      })
      .post("/neither", () => JSON.parse("{own"));
    const answer = await app.request(path, { method: "POST", body, headers: { "Content-Type": type } });
    const events = lines.filter(({ level }) => level === "error").map(({ event }) => event);
    return { status: answer.status, code: (await answer.json()).error?.code, events };
  };

  it.each([
    ["/json", "{broken", "application/json"],
    ["/json", "", "application/json"],
    ["/text", "{broken", "text/plain"],
    ["/form", "no form", "multipart/form-data; boundary=a"],
    ["/form", "no form", "multipart/form-data"],
  ])("at %s, %j, is a VALIDATION_ERROR, and no error in the log", async (path, body, type) => {
    expect(await sent(path, body, type)).toEqual({ status: 400, code: "VALIDATION_ERROR", events: [] });
  });

  it("is told from what the handler has failed to read elsewhere", async () => {
    for (const path of ["/both", "/neither"]) {
      const found = await sent(path, '{"sound":1}', "application/json");
      expect([path, found]).toEqual([path, { status: 500, code: "INTERNAL_ERROR", events: ["request.failed"] }]);
    }
    expect(await sent("/json", '{"sound":1}', "application/json")).toMatchObject({ status: 200 });
  });
});
