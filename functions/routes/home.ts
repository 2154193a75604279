/** GET `/`: the report page. */
import { Hono } from "hono";
import type { TidegateEnv } from "tidegate";
import { homePage } from "../pages/home.ts";
import { HOME_SCRIPT } from "../pages/home-script.ts";
import { page } from "../pages/layout.ts";

/** To be mounted at the root. `dev` adds the link to the page of {@link dev}. */
export function home(options: { readonly dev: boolean } = { dev: false }): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/", (c) => page(c, { title: "The plant", body: homePage(options), script: HOME_SCRIPT }));
  return app;
}
