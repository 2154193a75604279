/** A worker behind Tidegate, configured by its bindings, for tests of who may do what there, and how often. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { tidegate } from "../../lib/tidegate.ts";

function appOf(env: Record<string, string>) {
  const config = readConfig({ ...env });
  const store = config.store.kind === "upstash" ? upstash(config.store.url, { token: config.store.token }) : memory();
  const tide = tidegate({ database: fakeDatabase(() => [{ id: 1 }]), store, config });
  return new Hono()
    .onError(tide.onError)
    .use(tide.middleware())
    .get("/orders", (c) => c.json({ orders: 1 }))
    .route("/", tide.routes());
}

let app: ReturnType<typeof appOf> | undefined;

export default {
  fetch(request: Request, env: Record<string, string>): Response | Promise<Response> {
    app ??= appOf(env);
    return app.fetch(request, env);
  },
};
