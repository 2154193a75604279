/** What clients by Hono's `hc` know of an answer that `success` makes: the types of what was handed to it. */
import { Hono } from "hono";
import { hc, type InferResponseType } from "hono/client";
import { afterAll, expect, expectTypeOf, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { success, type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

interface Order {
  readonly id: number;
  readonly customer: string | null;
  readonly due: Date;
}

const due = new Date("2026-03-01T12:00:00.000Z");
const order: Order = { id: 17, customer: null, due };
const tide = tidegate({
  database: fakeDatabase(() => [order]),
  store: memory(),
  config: readConfig({ LOG_LEVEL: "error" }),
});
const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/orders", async (c) => success(c, await c.var.db.query<Order>`select * from orders`, { page: 1 }))
  .get("/orders/first", async (c) => success(c, await c.var.db.one<Order>`select * from orders`));
const client = hc<typeof app>("http://tide.test", { fetch: app.request });
afterAll(() => tide.close());

test("a client by hc sees the type of the data as JSON carries it, and that of the meta", async () => {
  const response = await client.orders.$get();
  const body = await response.json();
  expectTypeOf(body.success).toEqualTypeOf<true>();
  expectTypeOf(body.data[0]).toEqualTypeOf<
    { readonly id: number; readonly customer: string | null; readonly due: string } | undefined
  >();
  expectTypeOf(body.meta.page).toEqualTypeOf<number>();
  expectTypeOf(body.meta.timestamp).toEqualTypeOf<string>();
  // @ts-expect-error: there is no such column
  void body.data[0]?.price;
  expect(body).toEqual({
    success: true,
    data: [{ id: 17, customer: null, due: due.toISOString() }],
    meta: { timestamp: expect.any(String), app_version: "0.0.0", page: 1 },
  });
});

test("without meta of its own an answer has the envelope's, and what may be null stays so for the client", async () => {
  type First = InferResponseType<typeof client.orders.first.$get>;
  expectTypeOf<First["data"]>().toEqualTypeOf<{
    readonly id: number;
    readonly customer: string | null;
    readonly due: string;
  } | null>();
  expectTypeOf<First["meta"]["app_version"]>().toEqualTypeOf<string>();
  // @ts-expect-error: nobody said that there are pages
  expectTypeOf<First["meta"]["page"]>();
  const response = await client.orders.first.$get();
  expect((await response.json()).data?.id).toBe(17);
});
