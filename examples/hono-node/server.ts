/** Orders by Hono on Node, asked of a PostgreSQL by Tidegate's own guarded database. */
import { Hono } from "hono";
import { DatabaseError, ProblemError, type TidegateEnv, tidegate } from "tidegate";
import { postgres } from "tidegate/databases/postgres";
import { serve } from "tidegate/node";
import { memory } from "tidegate/stores/memory";

interface Order {
  readonly id: number;
  readonly customer: string;
}

const tide = tidegate({ database: postgres(process.env.DATABASE_URL), store: memory() });

const app = new Hono<TidegateEnv>()
  .onError(tide.onError)
  .notFound(tide.notFound)
  .use(tide.middleware())
  .get("/orders/:id", async (c) => {
    const order = await c.var.db.one<Order>`select id, customer from orders where id = ${Number(c.req.param("id"))}`;
    if (!order) throw new ProblemError("NOT_FOUND", "There is no such order.");
    return c.json(order);
  })
  .post("/orders", async (c) => {
    const { id, customer } = await c.req.json<Order>();
    try {
      const order = await c.var.db.one<Order>`insert into orders values (${id}, ${customer}) returning id, customer`;
      return c.json(order, 201);
    } catch (error) {
      if (isDuplicate(error)) throw new ProblemError("CONFLICT", "There is an order of that number.");
      throw error;
    }
  })
  // Takes as long as it is told, to try what becomes of it when the tab is closed.
  .get("/report", async (c) => {
    const seconds = Number(c.req.query("seconds") ?? 1);
    return c.json(await c.var.db.one`select count(*)::int as orders from orders, pg_sleep(${seconds})`);
  })
  .route("/", tide.routes()); // /health, /admin, /metrics

const isDuplicate = (error: unknown): boolean => error instanceof DatabaseError && error.vendorCode === "23505";

// Listens on HOST and PORT, and ends in order on SIGTERM.
const { url } = await serve(app, { tide });
console.log(url);
