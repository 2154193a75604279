/**
 * GET `/`: the report page. GET `/mes-api.js`: its client, for pages without modules. GET `/openapi.json`: everything
 * that is answered here. What is shown is loaded when somebody looks: a start that serves data need not read it.
 */
import { type Context, Hono } from "hono";
import { etag } from "hono/etag";
import type { TidegateEnv } from "tidegate";

/** To be mounted at the root. `dev` adds the link to the page of {@link dev}. */
export function home(options: { readonly dev: boolean } = { dev: false }): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/", async (c) => (await import("../pages/home.ts")).homePage(c, options));
  app.get("/mes-api.js", etag(), async (c) => {
    const { MES_API_SCRIPT } = await import("../pages/scripts.generated.ts");
    return asset(c, MES_API_SCRIPT, "text/javascript; charset=utf-8");
  });
  app.get("/openapi.json", etag(), async (c) => {
    const { OPENAPI } = await import("../openapi.generated.ts");
    return asset(c, OPENAPI, "application/json");
  });
  return app;
}

/** Kept, but asked for every time whether it is still the same. */
const asset = (c: Context, text: string, type: string): Response =>
  c.body(text, 200, { "Content-Type": type, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff" });
