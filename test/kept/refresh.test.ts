import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime, openBreaker } from "../../lib/testing/testing.ts";
import { passing } from "../support/restart-scene.ts";
import { countedHome } from "./counted-home.ts";
import { keptScene } from "./scene.ts";

const ITEMS = 30;

/** A kept route whose database is well, away, or slow as the test says. */
function troubled() {
  const state = { isAway: false, held: null as Promise<void> | null };
  const scene = keptScene({
    path: "/items/*",
    keep: { freshSeconds: 1, refresh: "background" },
    answer: async () => {
      await state.held;
      if (state.isAway) throw new DatabaseError("connection", "The database could not be reached.");
      return [{ quantity: 7 }];
    },
  });
  const items = Array.from({ length: ITEMS }, (_, n) => `/items/${n}`);
  const askAll = async () => {
    const answers = await Promise.all(items.map((item) => scene.app.request(item)));
    expect(answers.map(({ status }) => status)).toEqual(items.map(() => 200));
  };
  return { ...scene, state, askAll };
}

describe("a refresh in the background", () => {
  test("is never made while the breaker is open, and while it is half-open only by a probe", async () => {
    const scene = troubled();
    const { tide, runtime, state, asked } = scene;
    await scene.askAll();
    await scene.settled();
    const release = await openBreaker(tide);
    await runtime.advance(2_000);
    await scene.askAll();
    await passing(runtime, scene.settled());
    expect(asked).toHaveLength(ITEMS);

    const { promise, resolve } = Promise.withResolvers<void>();
    state.held = promise;
    // What was forced open wants its probes first.
    await tide.override({ mode: "auto", ttlMs: 60_000, actor: "test", reason: "over" });
    for (let turn = 0; turn < 3; turn++) {
      await scene.askAll();
      await runtime.advance(100);
    }
    // One probe for the whole fleet, by default.
    expect([asked.length - ITEMS, (await tide.view()).breaker.state]).toEqual([1, "half_open"]);
    resolve();
    await passing(runtime, scene.settled());
    await release();
    await runtime.advance(2_000);
    await scene.askAll();
    await passing(runtime, scene.settled());
    expect(asked.length).toBeGreaterThanOrEqual(2 * ITEMS);
  });

  test("is one for all of the fleet, however many ask", async () => {
    const [store, runtime] = [memory(), manualRuntime()];
    const { promise, resolve } = Promise.withResolvers<void>();
    let loads = 0;
    const instance = () =>
      keptScene({
        store,
        runtime,
        keep: { freshSeconds: 5, refresh: "background" },
        answer: async () => {
          loads += 1;
          if (loads > 1) await promise;
          return [{ quantity: loads }];
        },
      });
    const [one, other] = [instance(), instance()];
    await one.ask();
    await runtime.advance(6_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : other).app.request("/stock")),
    );
    expect(new Set(answers.map((answer) => answer.headers.get("age")))).toEqual(new Set(["6"]));
    await runtime.advance(10);
    expect(loads).toBe(2);
    resolve();
    await passing(runtime, Promise.all([one.settled(), other.settled()]));
    expect((await (await other.ask()).json()).data).toEqual([{ quantity: 2 }]);
    expect(loads).toBe(2);
  });

  test("goes by the request that asked: its query, its `Accept`, and what a login has found out", async () => {
    const seen: string[] = [];
    const scene = keptScene({
      path: "/items/:id",
      keep: { freshSeconds: 5, refresh: "background", key: (c) => c.req.header("x-user") ?? null },
      handler: (c) => {
        seen.push(`${c.req.param("id")} ${c.req.query("day")} ${c.req.header("accept")} ${c.req.header("x-user")}`);
        return c.text("fine");
      },
    });
    const headers = { Accept: "text/csv", "X-User": "me" };
    await scene.ask({ headers }, "/items/7?day=2");
    await scene.runtime.advance(6_000);
    await scene.ask({ headers }, "/items/7?day=2");
    expect(seen).toEqual(["7 2 text/csv me", "7 2 text/csv me"]);
  });

  test("that fails leaves what was kept, and nobody hears of it", async () => {
    const scene = troubled();
    await scene.ask({}, "/items/1");
    scene.state.isAway = true;
    await scene.runtime.advance(5_000);
    for (let n = 0; n < 3; n++) {
      const answer = await scene.ask({}, "/items/1");
      expect([answer.status, answer.headers.get("age")]).toEqual([200, "5"]);
    }
  });
});

describe("while a refresh in the background fails", () => {
  test("what is given stands in for a new answer, marked and counted as such, until there is one", async () => {
    const { state, ask, runtime, tide, lines, asked } = troubled();
    const said = async () => (await ask({}, "/items/1")).headers.get("cache-status");
    await ask({}, "/items/1");
    await runtime.advance(2_000);
    state.isAway = true;
    // By this one it becomes known.
    expect(await said()).toBe("tidegate; hit; ttl=-1");
    for (let n = 0; n < 60; n++) {
      const old = await ask({}, "/items/1");
      expect(old.headers.get("cache-status")).toMatch(
        /^tidegate; hit; fwd=stale; detail=(?:DB_CONNECTION_FAILED|CIRCUIT_BREAKER_OPEN)$/,
      );
      expect([old.headers.has("tidegate-as-of"), old.headers.get("cache-control")]).toEqual([true, "no-cache"]);
      expect((await old.json()).meta.stale.age_seconds).toBe(2 + n);
      await runtime.advance(1_000);
    }
    expect(lines.filter(({ event }) => event === "kept.stale_began")).toHaveLength(1);
    expect(asked.length).toBeLessThan(15);
    state.isAway = false;
    await tide.override({ mode: "force_closed", ttlMs: 60_000, actor: "test", reason: "back" });
    await said();
    expect(await said()).toBe("tidegate; hit; ttl=1");
  });

  test("those whose key is asked for seldom, or for the first time since, are told as well", async () => {
    const { state, ask, runtime, tide } = troubled();
    for (const item of ["/items/1", "/items/2"]) await ask({}, item);
    const release = await openBreaker(tide);
    state.isAway = true;
    await runtime.advance(2_000);
    await ask({}, "/items/1");
    for (const [item, afterMs] of [
      ["/items/2", 5_000],
      ["/items/1", 600_000],
      ["/items/1", 600_000],
    ] as const) {
      await runtime.advance(afterMs);
      expect((await ask({}, item)).headers.get("cache-status"), item).toMatch(/fwd=stale; detail=CIRCUIT_BREAKER_OPEN/);
    }
    await release();
  });
});

describe("the HTTP of a kept answer", () => {
  test("has an ETag of its own or the route's, by which it is 304 also while it is stale", async () => {
    for (const own of ['"v1"', undefined]) {
      const scene = keptScene({
        keep: { freshSeconds: 5 },
        handler: async (c) => {
          await c.var.db.query`select 1`;
          return c.text("seven", 200, own === undefined ? {} : { ETag: own });
        },
      });
      await scene.ask();
      const etag = (await scene.ask()).headers.get("etag") ?? "";
      expect(etag).toMatch(own === undefined ? /^W\/"[\w+/=-]{16}"$/ : /^"v1"$/);
      for (const known of [etag, `"other", ${etag}`, `W/${etag.replace("W/", "")}`, "*"]) {
        const answer = await scene.ask({ headers: { "If-None-Match": known } });
        expect([answer.status, answer.headers.get("etag"), await answer.text()]).toEqual([304, etag, ""]);
      }
      expect((await scene.ask({ headers: { "If-None-Match": '"other"' } })).status).toBe(200);
      await openBreaker(scene.tide);
      await scene.runtime.advance(10_000);
      const stale = await scene.ask({ headers: { "If-None-Match": etag } });
      expect([stale.status, stale.headers.get("cache-control"), stale.headers.get("age")]).toEqual([
        304,
        "no-cache",
        "10",
      ]);
      expect(stale.headers.get("tidegate-as-of")).not.toBeNull();
    }
  });

  test("is given to HEAD without its body, and no part of it to a range", async () => {
    const scene = keptScene({ keep: { freshSeconds: 60 } });
    await scene.ask();
    const head = await scene.ask({ method: "HEAD" });
    expect([head.status, head.headers.get("cache-status"), await head.text()]).toEqual([
      200,
      "tidegate; hit; ttl=60",
      "",
    ]);
    const range = await scene.ask({ headers: { Range: "bytes=0-3" } });
    expect([range.status, range.headers.get("cache-status")]).toEqual([200, null]);
    expect(scene.asked).toHaveLength(2);
  });

  test("is for who says the same of what it varies by", async () => {
    const scene = keptScene({
      keep: { freshSeconds: 60 },
      handler: (c) => c.text(c.req.header("accept-language") ?? "none", 200, { Vary: "Accept-Language" }),
    });
    const textFor = async (language?: string) =>
      (await scene.ask({ headers: language === undefined ? {} : { "Accept-Language": language } })).text();
    for (const language of ["de", "en", undefined, "de", "de"])
      expect(await textFor(language)).toBe(language ?? "none");
  });

  test("says in `Cache-Status` how it came about", async () => {
    const runtime = manualRuntime();
    const scene = keptScene({ keepHome: countedHome(runtime), runtime, keep: { freshSeconds: 5 } });
    const statusOf = async () => (await scene.ask()).headers.get("cache-status");
    const together = await Promise.all([scene.app.request("/stock"), scene.app.request("/stock")]);
    expect(together.map((answer) => answer.headers.get("cache-status"))).toEqual([
      "tidegate; fwd=miss",
      "tidegate; fwd=miss; collapsed",
    ]);
    await scene.runtime.advance(1_500);
    expect(await statusOf()).toBe("tidegate; hit; ttl=3");
    await scene.runtime.advance(5_000);
    expect(await statusOf()).toBe("tidegate; fwd=miss");
    await openBreaker(scene.tide);
    await scene.runtime.advance(10_000);
    expect(await statusOf()).toBe("tidegate; hit; fwd=stale; detail=CIRCUIT_BREAKER_OPEN");
    expect((await scene.ask({ headers: { "Cache-Control": "no-store" } })).status).toBe(503);
  });
});
