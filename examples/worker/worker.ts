/** Orders on Cloudflare Workers: the gate is a Durable Object, the PostgreSQL is behind Hyperdrive. */
import { waitUntil } from "cloudflare:workers";
import { Hono } from "hono";
import { DatabaseError, ProblemError, type TidegateEnv, tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { type HyperdriveBinding, hyperdrive } from "tidegate/databases/hyperdrive";
import { durableObject, type ObjectNamespace } from "tidegate/stores/durable-object";

export { TidegateObject } from "tidegate/stores/durable-object"; // the class of the object that is the gate

interface Bindings extends Readonly<Record<string, unknown>> {
  readonly HYPERDRIVE: HyperdriveBinding;
  readonly TIDEGATE: ObjectNamespace;
}

interface Order {
  readonly id: number;
  readonly customer: string;
}

const isDuplicate = (error: unknown): boolean => error instanceof DatabaseError && error.vendorCode === "23505";

function start(env: Bindings) {
  const tide = tidegate({
    database: hyperdrive(env.HYPERDRIVE, { waitUntil }),
    store: durableObject(env.TIDEGATE),
    config: () => readConfig({ ...env }),
    waitUntil,
  });
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
  return { tide, app };
}

let started: ReturnType<typeof start> | undefined;

/** Bindings come with the first request; what is made of them is for all that follow. */
function instance(env: Bindings) {
  started ??= start(env);
  return started;
}

export default {
  fetch: (request: Request, env: Bindings) => instance(env).app.fetch(request, env),
  scheduled: async (_event: unknown, env: Bindings) => {
    await instance(env).tide.watch();
  },
};
