/** Orders by Express and Drizzle, over a pool of `pg` that Tidegate guards. */
import { DrizzleQueryError, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import express from "express";
import { DatabaseError, Pool } from "pg";
import { ProblemError, tidegate } from "tidegate";
import { guardPool } from "tidegate/adapters/pg";
import { errorHandler, middleware, routes } from "tidegate/express";
import { memory } from "tidegate/stores/memory";

const tide = tidegate({ store: memory() });
// As many connections as the gate lets calls in, of either lane: whoever has a permit waits for none.
const { request, slow } = tide.config.gate.capacity;
const pool = guardPool(tide, new Pool({ connectionString: process.env.DATABASE_URL, max: request + slow }));
const db = drizzle({ client: pool });
const orders = pgTable("orders", { id: integer().primaryKey(), customer: text().notNull() });

const app = express();
app.use(routes(tide)); // /health, /admin, /metrics
app.use(middleware(tide));
app.use(express.json());

app.get("/orders/:id", async (req, res) => {
  const [order] = await db
    .select()
    .from(orders)
    .where(eq(orders.id, Number(req.params.id)));
  if (!order) throw new ProblemError("NOT_FOUND", "There is no such order.");
  res.json(order);
});

app.post("/orders", async (req, res) => {
  try {
    const [order] = await db.insert(orders).values(req.body).returning();
    res.status(201).json(order);
  } catch (error) {
    if (isDuplicate(error)) throw new ProblemError("CONFLICT", "There is an order of that number.");
    throw error;
  }
});

/** Takes as long as it is told, to try what becomes of it when the tab is closed. */
app.get("/report", async (req, res) => {
  const { rows } = await db.execute(
    sql`select count(*)::int as orders from orders, pg_sleep(${Number(req.query.seconds ?? 1)})`,
  );
  res.json(rows[0]);
});

app.use(errorHandler(tide));

/** Drizzle wraps what `pg` says. */
function isDuplicate(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof DatabaseError && cause.code === "23505";
}

const { host, port } = tide.config.listen; // HOST and PORT
const server = app.listen(port, host, () => console.log(`http://${host}:${port}`));

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    tide.drain(); // /health/ready says no
    server.close(async () => {
      await pool.end();
      await tide.close();
    });
  });
}
