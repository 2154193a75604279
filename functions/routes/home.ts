/**
 * GET `/`: the report page. GET `/mes-api.js`: its client, for pages without modules. What is shown is loaded when
 * somebody looks: a start that serves data need not read it.
 */
import { Hono } from "hono";
import { etag } from "hono/etag";
import type { TidegateEnv } from "tidegate";

/** To be mounted at the root. `dev` adds the link to the page of {@link dev}. */
export function home(options: { readonly dev: boolean } = { dev: false }): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/", async (c) => (await import("../pages/home.ts")).homePage(c, options));
  app.get("/mes-api.js", etag(), async (c) => {
    const { MES_API_SCRIPT } = await import("../pages/scripts.generated.ts");
    return c.body(MES_API_SCRIPT, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
  });
  return app;
}
