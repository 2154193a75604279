import { describe, expect, test } from "vitest";
import { type Answer, openBreaker } from "../../lib/testing/testing.ts";
import type { KeepRouteOptions } from "../../lib/tidegate.ts";
import { keptScene } from "./scene.ts";

const keptApp = (keep: KeepRouteOptions = {}, answer?: Answer) => keptScene({ keep, ...(answer && { answer }) });

describe("a kept route", () => {
  test("is answered with its last good answer while the breaker is open, marked with why and since when", async () => {
    const { tide, ask, runtime, asked } = keptApp();
    const first = await ask();
    expect([first.status, first.headers.get("cache-status")]).toEqual([200, "tidegate; fwd=miss"]);
    await openBreaker(tide);
    await runtime.advance(90_000);
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      age: "90",
      "cache-control": "no-cache",
      "cache-status": "tidegate; hit; fwd=stale; detail=CIRCUIT_BREAKER_OPEN",
      "retry-after": expect.stringMatching(/^\d+$/),
      "tidegate-as-of": new Date(runtime.wallMs() - 90_000).toISOString(),
      "content-type": "application/json",
    });
    const body = await answer.json();
    expect(body).toMatchObject({
      success: true,
      data: [{ quantity: 7 }],
      meta: {
        stale: {
          age_seconds: 90,
          code: "CIRCUIT_BREAKER_OPEN",
          retry_after_seconds: Number(answer.headers.get("retry-after")),
        },
      },
    });
    expect(asked).toHaveLength(1);
  });

  test("is refused once what is kept is older than allowed", async () => {
    const { tide, ask, runtime } = keptApp({ staleSeconds: 60 });
    await ask();
    await openBreaker(tide);
    await runtime.advance(61_000);
    expect((await ask()).status).toBe(503);
  });

  test("is asked once for callers who ask at the same time", async () => {
    const { promise, resolve } = Promise.withResolvers<readonly unknown[]>();
    const { app, asked } = keptApp({}, () => promise);
    const answers = Promise.all(Array.from({ length: 100 }, () => app.request("/stock")));
    resolve([{ quantity: 7 }]);
    const bodies = await Promise.all(
      (await answers).map(async (answer) => [answer.status, (await answer.json()).data]),
    );
    expect(bodies).toEqual(Array(100).fill([200, [{ quantity: 7 }]]));
    expect(asked).toHaveLength(1);
  });

  test("is answered from what is kept while that is fresh, and says 304 to who has it", async () => {
    const { ask, asked } = keptApp({ freshSeconds: 5 });
    await ask();
    const again = await ask();
    expect([again.status, again.headers.get("cache-status"), again.headers.get("age")]).toEqual([
      200,
      "tidegate; hit; ttl=5",
      "0",
    ]);
    const known = await ask({ headers: { "If-None-Match": again.headers.get("etag") ?? "" } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    expect(asked).toHaveLength(1);
  });

  test("with refresh in the background is answered at once, and asked for by nobody", async () => {
    const { ask, asked, runtime } = keptApp({ freshSeconds: 5, refresh: "background" });
    await ask();
    await runtime.advance(6_000);
    const old = await ask();
    expect([old.status, old.headers.get("age")]).toEqual([200, "6"]);
    expect(asked).toHaveLength(2);
    expect((await ask()).headers.get("cache-status")).toBe("tidegate; hit; ttl=5");
  });

  test("keeps nothing of who says who they are, unless it names a key", async () => {
    const { tide, ask } = keptApp();
    await ask({ headers: { Cookie: "sid=1" } });
    await openBreaker(tide);
    expect((await ask({ headers: { Cookie: "sid=1" } })).status).toBe(503);
    expect((await ask()).status).toBe(503);
  });

  test("that is asked by who says who they are, and names no key, tells the log so once", async () => {
    const told = async (keep: KeepRouteOptions, path: string) => {
      const { ask, lines } = keptScene({ keep, path });
      await ask({}, "/lots/7");
      for (const name of ["Cookie", "Authorization", "Cookie"]) await ask({ headers: { [name]: "me" } }, "/lots/7");
      return lines.filter(({ event }) => event === "kept.no_key").map(({ fields }) => fields.name);
    };
    expect(await told({}, "/lots/:lot")).toEqual(["/lots/:lot"]);
    // In front of everything, its pattern says nothing.
    expect(await told({}, "*")).toEqual(["/lots/7"]);
    expect(await told({ key: () => "" }, "/lots/:lot")).toEqual([]);
  });

  test("that is asked by HEAD holds no body and is answered from what is kept", async () => {
    const { tide, ask } = keptApp();
    await ask();
    await openBreaker(tide);
    const head = await ask({ method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});
