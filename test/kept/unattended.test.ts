/** Refreshes in the background, of handlers that look at what was checked, or that fail. */
import * as v from "valibot";
import { expect, test } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { ProblemError, validate } from "../../lib/tidegate.ts";
import { keptScene } from "./scene.ts";

test.each(["before", "behind"] as const)(
  "what was checked %s the keep is there for a refresh in the background",
  async (where) => {
    const { app, tide, settled, runtime } = keptScene();
    const seen: string[] = [];
    const check = validate("query", v.object({ day: v.pipe(v.string(), v.transform(Number)) }));
    const keep = tide.keep({ freshSeconds: 5, refresh: "background" });
    const [first, second] = where === "before" ? [check, keep] : [keep, check];
    app.get("/lots", first, second, (c) => {
      seen.push(typeof (c.req.valid as (target: string) => { day: number })("query").day);
      return c.text("fine");
    });
    const ask = async () => {
      const answer = await app.request("/lots?day=2");
      await settled();
      return answer;
    };
    await ask();
    await runtime.advance(6_000);
    await ask();
    expect(seen).toEqual(["number", "number"]);
    expect((await ask()).headers.get("age")).toBe("0");
  },
);

test.each<[string, () => Response]>([
  [
    "that there is none any more",
    () =>
      ((): never => {
        throw new ProblemError("NOT_FOUND", "It was deleted.");
      })(),
  ],
  [
    "a fault of its own",
    () =>
      ((): never => {
        throw new TypeError("a fault of the handler");
      })(),
  ],
  ["what is not to be kept", () => new Response("fine", { headers: { "Cache-Control": "no-store" } })],
])("who asks after a refresh that was told %s hears it as well", async (_, other) => {
  const state = { isOther: false };
  const scene = keptScene({
    keep: { freshSeconds: 5, refresh: "background" },
    handler: (c) => (state.isOther ? other() : c.text("fine")),
  });
  const { ask, runtime } = scene;
  await ask();
  await runtime.advance(6_000);
  state.isOther = true;
  expect((await ask()).headers.get("age")).toBe("6");
  for (let n = 0; n < 3; n++) expect((await ask()).headers.get("age")).toBeNull();
  state.isOther = false;
  expect((await ask()).headers.get("cache-status")).toBe("tidegate; fwd=miss");
  expect((await ask()).headers.get("cache-status")).toBe("tidegate; hit; ttl=5");
  await runtime.advance(6_000);
  expect((await ask()).headers.get("age")).toBe("6");
});

test("a refresh that is refused leaves what is kept to everybody", async () => {
  const { ask, runtime, tide } = keptScene({ keep: { freshSeconds: 5, refresh: "background" } });
  await ask();
  await runtime.advance(6_000);
  await openBreaker(tide);
  for (let n = 0; n < 3; n++) expect((await ask()).headers.get("age")).toBe("6");
});
