/** An application that is served, asked once, and stopped; for platforms beside Node. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const tide = tidegate({ database: fakeDatabase(() => []), store: memory(), config: readConfig({}), log });
const app = new Hono<TidegateEnv>().use(tide.middleware()).get("/", (c) => c.text("served"));
const { url, stop } = await serve(app, { tide, port: 0 });
console.log(await (await fetch(url)).text());
await stop();
console.log("stopped");
