/** Runs in Deno with its own OpenTelemetry: a request over HTTP with a statement, whose spans Deno writes to its console. */
import { Hono } from "hono";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

interface Server {
  readonly addr: { readonly port: number };
  shutdown(): Promise<void>;
}
declare const Deno: { serve(options: object, handler: (request: Request) => Response | Promise<Response>): Server };

const tide = tidegate({
  database: fakeDatabase(() => []),
  store: memory(),
  log: { level: "silent" },
  telemetry: openTelemetry(),
});
const app = new Hono<TidegateEnv>()
  .use(tide.middleware())
  .get("/orders", async (c) => c.json(await c.var.db.query`select * from orders`));
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => app.fetch(request));
const answer = await fetch(`http://127.0.0.1:${server.addr.port}/orders`);
await answer.text();
console.log(JSON.stringify({ traceresponse: answer.headers.get("traceresponse") }));
await server.shutdown();
await tide.close();
