/** `tide.respond`: the contract's answer to whatever was thrown, for handlers that are nobody's but their framework's. */

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, test } from "vitest";
import { DatabaseError, ProblemError, type TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";

const ID = "from-the-client";
const request = (path = "/orders?secret=1") =>
  new Request(`http://app.test${path}`, { headers: { "X-Request-Id": ID } });

describe("tide.respond", () => {
  const refused = async () => {
    const { tide } = smallApp();
    await tide.override({ mode: "force_open", ttlMs: 60_000, actor: "kim", reason: "a drill" });
    return tide.run(() => 1).catch((error: unknown) => error);
  };

  test.each([
    ["a problem", () => new ProblemError("CONFLICT", "Changed meanwhile.", { headers: { "X-Mine": "yes" } })],
    ["an error of the database", () => new DatabaseError("timeout", "It took too long.")],
    ["a wrapped one", () => new Error("the ORM", { cause: new DatabaseError("connection", "Nobody answers.") })],
    ["a refusal", refused],
    ["an exception of Hono's", () => new HTTPException(409, { message: "no" })],
    ["one that brings its answer along", () => new HTTPException(401, { res: new Response("mine", { status: 401 }) })],
    ["one of a status that the contract has not", () => new HTTPException(418, { message: "a teapot" })],
    ["what nobody expects", () => new Error("inner words")],
  ])("answers %s as tide.onError does", async (_, make) => {
    // Each its own: the answer that one brings along is read once.
    const [error, otherError] = [await make(), await make()];
    const { tide, lines } = smallApp();
    const { tide: other, lines: otherLines } = smallApp();
    const app = new Hono<TidegateEnv>().onError(other.onError).use(other.middleware());
    app.get("/orders", () => {
      throw otherError;
    });
    const expected = await app.fetch(request());
    const answer = await tide.respond(error, request());
    const shown = ({ headers }: Response) =>
      Object.fromEntries([...headers].filter(([name]) => !["server-timing", "retry-after"].includes(name)));
    const textOf = async (one: Response) =>
      (await one.text()).replace(/"(?:timestamp|retry_after_seconds)":[^,}]+/g, "");
    expect(answer.status).toBe(expected.status);
    if (answer.headers.get("content-type") === "application/problem+json")
      expect(shown(answer)).toMatchObject(shown(expected));
    expect(await textOf(answer)).toBe(await textOf(expected));
    const failed = (all: typeof lines) =>
      all
        .filter(({ event }) => event.startsWith("request."))
        .map(({ level, event, fields }) => [level, event, fields.code, fields.path]);
    expect(failed(lines)).toEqual(failed(otherLines));
  });

  test("has an id of its own for a request that has none, and says nothing loud where the caller has left", async () => {
    const { tide, lines } = smallApp();
    const answer = await tide.respond(
      new Error("inner words"),
      new Request("http://app.test/", { signal: AbortSignal.abort() }),
    );
    const id = answer.headers.get("x-request-id");
    expect(id).toMatch(/^[\w-]{8,}$/);
    expect((await answer.json()).meta.request_id).toBe(id);
    expect(lines.map(({ level, event }) => [level, event])).toContainEqual(["debug", "request.abandoned"]);
  });
});
