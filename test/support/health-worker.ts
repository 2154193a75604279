/** Health in workerd: one instance for all requests, over a Durable Object, with a database that notes its pings. */
import { readConfig } from "../../lib/config.ts";
import type { DatabaseAdapter } from "../../lib/database/port.ts";
import { durableObject, type ObjectNamespace } from "../../lib/store/durable-object/durable-object.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";

export { TidegateObject } from "../../lib/store/durable-object/durable-object.ts";

const PING_MS = 100;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let pings = 0;
let routes: ReturnType<Tidegate["routes"]> | undefined;

function noted(): DatabaseAdapter {
  const fake = fakeDatabase(() => []);
  return {
    ...fake,
    open: (...given) => ({
      ...fake.open(...given),
      ping: async () => {
        pings += 1;
        await new Promise((resolve) => setTimeout(resolve, PING_MS));
      },
    }),
  };
}

export default {
  async fetch(request: Request, { OBJECTS }: { readonly OBJECTS: ObjectNamespace }): Promise<Response> {
    if (new URL(request.url).pathname === "/pings") return Response.json(pings);
    const env = { HEALTH_MEMO_TTL_SECONDS: "3", HEALTH_PROBE_TIMEOUT_MS: "8000", STATE_DEADLINE_MS: "2000" };
    routes ??= tidegate({
      database: noted(),
      store: durableObject(OBJECTS),
      config: readConfig(env),
      log: silent,
    }).routes();
    return routes.fetch(request);
  },
};
