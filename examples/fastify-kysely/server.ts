/** Orders by Fastify and Kysely, over a pool of `pg` that Tidegate guards. */
import Fastify from "fastify";
import { Kysely, PostgresDialect, sql } from "kysely";
import { DatabaseError, Pool } from "pg";
import { ProblemError, tidegate } from "tidegate";
import { guardPool } from "tidegate/adapters/pg";
import { errorHandler, plugin, routes } from "tidegate/fastify";
import { memory } from "tidegate/stores/memory";

interface Order {
  readonly id: number;
  readonly customer: string;
}

const tide = tidegate({ store: memory() });
// As many connections as the gate lets calls in, of either lane: whoever has a permit waits for none.
const { request, slow } = tide.config.gate.capacity;
const pool = guardPool(tide, new Pool({ connectionString: process.env.DATABASE_URL, max: request + slow }));
const db = new Kysely<{ orders: Order }>({ dialect: new PostgresDialect({ pool }) });

const app = Fastify();
app.setErrorHandler(errorHandler(tide));
app.register(plugin(tide));
app.register(routes(tide)); // /health, /admin, /metrics

app.get<{ Params: { id: string } }>("/orders/:id", async ({ params }) => {
  const order = await db.selectFrom("orders").selectAll().where("id", "=", Number(params.id)).executeTakeFirst();
  if (!order) throw new ProblemError("NOT_FOUND", "There is no such order.");
  return order;
});

app.post<{ Body: Order }>("/orders", async ({ body }, reply) => {
  try {
    const order = await db.insertInto("orders").values(body).returningAll().executeTakeFirstOrThrow();
    return reply.code(201).send(order);
  } catch (error) {
    if (isDuplicate(error)) throw new ProblemError("CONFLICT", "There is an order of that number.");
    throw error;
  }
});

/** Takes as long as it is told, to try what becomes of it when the tab is closed. */
app.get<{ Querystring: { seconds?: string } }>("/report", async ({ query }) => {
  const seconds = Number(query.seconds ?? 1);
  const { rows } = await sql`select count(*)::int as orders from orders, pg_sleep(${seconds})`.execute(db);
  return rows[0];
});

const isDuplicate = (error: unknown): boolean => error instanceof DatabaseError && error.code === "23505";

app.addHook("onClose", async () => {
  await db.destroy();
  await tide.close();
});
const { host, port } = tide.config.listen; // HOST and PORT
console.log(await app.listen({ host, port }));

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    tide.drain(); // /health/ready says no
    void app.close();
  });
}
