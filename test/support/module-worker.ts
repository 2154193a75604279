/** A worker that makes everything at module scope, where workerd has no chance, no timers and no network. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const config = readConfig({ APP_ENV: "development", DATABASE_URL: "postgres://db/fab" });
const tide = tidegate({ database: fakeDatabase(() => [{ id: 1 }]), store: memory(), config });

const app: Hono<TidegateEnv> = new Hono<TidegateEnv>()
  .onError(tide.onError)
  .use(tide.middleware())
  .get("/orders", async (c) => c.json(await c.var.db.query`select * from orders`))
  .route("/", tide.routes());

export default app;
