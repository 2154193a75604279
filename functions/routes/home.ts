/** GET `/`: the report page. GET `/mes-api.js`: its client, for pages without modules. */
import { Hono } from "hono";
import { etag } from "hono/etag";
import type { TidegateEnv } from "tidegate";
import { homePage } from "../pages/home.ts";
import { page } from "../pages/layout.ts";
import { HOME_SCRIPT, MES_API_SCRIPT } from "../pages/scripts.generated.ts";

/** To be mounted at the root. `dev` adds the link to the page of {@link dev}. */
export function home(options: { readonly dev: boolean } = { dev: false }): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/", (c) => page(c, { title: "The plant", body: homePage(options), script: HOME_SCRIPT }));
  app.get("/mes-api.js", etag(), (c) =>
    c.body(MES_API_SCRIPT, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    }),
  );
  return app;
}
