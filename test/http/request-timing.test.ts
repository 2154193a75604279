/** Which route, method and status a request is timed by. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import type { TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";
import { scraped } from "../support/scrape.ts";

/** An application of its own round the tide of a small one, and what its requests were timed as. */
function timed(build: (app: Hono<TidegateEnv>, tide: ReturnType<typeof smallApp>["tide"]) => unknown, env = {}) {
  const connInfo = () => ({ remote: { address: "192.0.2.1" } });
  const small = smallApp({ METRICS_PUBLIC: "true", ...env }, undefined, { connInfo });
  const app = new Hono<TidegateEnv>().use(small.tide.middleware());
  build(app, small.tide);
  return {
    ask: async (path: string, init?: RequestInit) => (await app.request(path, init)).status,
    seen: async () => {
      const { figures } = await scraped(small);
      const label = (name: string, of: string) => new RegExp(`${of}="([^"]*)"`).exec(name)?.[1];
      return Object.entries(figures)
        .filter(([name]) => name.startsWith("http_server_request_duration_seconds_count"))
        .map(([name, count]) => {
          const [method, route, status] = ["http_request_method", "http_route", "http_response_status_code"].map((of) =>
            label(name, of),
          );
          return `${method} ${route} ${status}: ${count}`;
        });
    },
  };
}

test("by the pattern of the route that answered, wherever that is mounted, and never by a path", async () => {
  const orders = new Hono().get("/:id", (c) => c.text("one")).get("/:id/lines/:line", (c) => c.text("two"));
  const strict = new Hono()
    .onError((_, c) => c.text("mine", 418))
    .get("/:name", () => {
      throw new Error("broken");
    });
  const { ask, seen } = timed((app) => app.route("/orders", orders).route("/strict", strict));
  for (const path of ["/orders/1", "/orders/2", "/orders/1/lines/2", "/strict/x"]) await ask(path);
  expect(await seen()).toEqual([
    "GET /orders/:id 200: 2",
    "GET /orders/:id/lines/:line 200: 1",
    "GET /strict/:name 418: 1",
  ]);
});

test("with no route where none fits, or one that fits everything", async () => {
  const { ask, seen } = timed((app) => app.use("/part/*", (_, next) => next()).get("/page/*", (c) => c.text("page")));
  for (const path of ["/nothing", "/part/of/it", "/page/7"]) await ask(path);
  expect(await seen()).toEqual(["GET  404: 2", "GET /page/* 200: 1"]);
  const spa = timed((app) => app.get("*", (c) => c.text("index")));
  await spa.ask("/any/thing");
  expect(await spa.seen()).toEqual(["GET  200: 1"]);
});

test("by its route also where a middleware has answered, or nobody was to", async () => {
  const { ask, seen } = timed(
    (app, tide) => {
      app.get("/kept/:id", tide.keep({ freshSeconds: 60 }), (c) => c.text("kept"));
      app.get("/limited/:id", (c) => c.text("never"));
    },
    { RATE_LIMIT_PER_MINUTE: "2" },
  );
  for (const path of ["/kept/1", "/kept/1", "/limited/1"]) await ask(path);
  expect(await seen()).toEqual(["GET /kept/:id 200: 2", "GET /limited/:id 429: 1"]);
});

test("a method that HTTP does not know is one of others", async () => {
  const { ask, seen } = timed((app) => app.all("/x", (c) => c.text("x")));
  for (const method of ["BREW", "WHEN", "PATCH"]) await ask("/x", { method });
  expect(await seen()).toEqual(["_OTHER /x 200: 2", "PATCH /x 200: 1"]);
});

test("what a handler throws is timed by what it was answered with", async () => {
  const { ask, seen } = timed((app) =>
    app.get("/broken/:id", () => {
      throw new Error("broken");
    }),
  );
  await ask("/broken/1");
  expect(await seen()).toEqual(["GET /broken/:id 500: 1"]);
});
