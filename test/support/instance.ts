/** One instance of a fleet, as a process of its own: an application with one guarded statement, kept or not, told by the environment. */
import { type Context, Hono } from "hono";
import { type TidegateEnv, tidegate } from "tidegate";
import { postgres } from "tidegate/databases/postgres";
import { serve } from "tidegate/node";
import { redis } from "tidegate/stores/redis";

const tide = tidegate({ database: postgres(process.env.DATABASE_URL), store: redis(process.env.STATE_URL) });
const statement = async (c: Context<TidegateEnv>) => {
  const { tag, ms } = c.req.param() as { readonly tag: string; readonly ms: string };
  return c.json(await c.var.db.one`select fleet.work(${tag}, ${Number(ms)}::int) as running`);
};
const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/statement/:tag/:ms", statement)
  .get("/kept/instance/:tag/:ms", tide.keep(), statement)
  .get("/kept/fleet/:tag/:ms", tide.keep({ share: "fleet" }), statement)
  .get("/view", async (c) => c.json(await tide.view()))
  .route("/", tide.routes());
app.onError(tide.onError);

await serve(app, { tide });
// Its clients wait for these words.
console.log("listening");
