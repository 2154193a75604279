/** The worker that tests run in workerd: statements by Hyperdrive as asked, and a guarded application on it. */
import { Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { type Database, DatabaseError } from "../../lib/database/port.ts";
import { type HyperdriveBinding, hyperdrive } from "../../lib/database/postgres/hyperdrive.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { execution, SETTINGS } from "./execution.ts";

/** Asked by POST to `/statements` in JSON; answered with an array of what became of each. */
export interface Asked {
  /** Statements at a time, and how often one after another in the same request. */
  readonly together?: number;
  readonly turns?: number;
  readonly sleepSeconds?: number;
  readonly deadlineMs?: number;
  readonly connectWithinMs?: number;
  readonly abortAfterMs?: number;
  /** Each by a connection of its own, as outside of requests. */
  readonly perCall?: boolean;
  /** Answered after so many milliseconds, with nothing, whatever is still under way. */
  readonly leaveAfterMs?: number;
  /** By the binding whose pool is empty. */
  readonly empty?: boolean;
}

export type Became =
  | { readonly pid: number; readonly timeoutMs: number }
  | { readonly fault: string; readonly vendor?: string };

/** The name is no literal, because there are types of the platform nowhere. */
const { waitUntil } = await import("cloudflare:workers" as string);
const runtime = systemRuntime();
const SHARED = { ...SETTINGS, poolSize: 10, applicationName: "worker" };

async function become(database: Database, asked: Asked): Promise<Became> {
  const controller = new AbortController();
  if (asked.abortAfterMs !== undefined) setTimeout(() => controller.abort(), asked.abortAfterMs);
  const conditions = execution(runtime, { ...asked, signal: controller.signal });
  const statement = sql`
    select pg_backend_pid() as pid, setting::int as "timeoutMs"
    from pg_settings, pg_sleep(${asked.sleepSeconds ?? 0}) where name = 'statement_timeout'`;
  try {
    const [row] = await database.query<{ pid: number; timeoutMs: number }>(statement, conditions);
    return row as { pid: number; timeoutMs: number };
  } catch (error) {
    if (!(error instanceof DatabaseError)) return { fault: String(error) };
    return { fault: error.fault, ...(error.vendorCode && { vendor: error.vendorCode }) };
  }
}

async function statements(shared: Database, asked: Asked): Promise<Became[]> {
  const database = asked.perCall ? shared : (shared.forRequest?.() ?? shared);
  const became: Became[] = [];
  for (let turn = 0; turn < (asked.turns ?? 1); turn += 1) {
    const all = Promise.all(Array.from({ length: asked.together ?? 1 }, () => become(database, asked)));
    if (asked.leaveAfterMs === undefined) became.push(...(await all));
    else await new Promise((resolve) => setTimeout(resolve, asked.leaveAfterMs));
  }
  return became;
}

const CONFIG = { APP_ENV: "production", DB_CALL_TIMEOUT_MS: "4000", DB_MAX_CONCURRENT: "4", DB_POOL_TIMEOUT: "2" };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Bindings {
  readonly DB: HyperdriveBinding;
  readonly EMPTY: HyperdriveBinding;
}

/** Made with the first request, for all that follow. */
function application({ DB, EMPTY }: Bindings) {
  const adapter = hyperdrive(DB, { waitUntil, graceMs: 300 });
  const [shared, empty] = [adapter, hyperdrive(EMPTY)].map((each) => each.open(SHARED, runtime)) as [
    Database,
    Database,
  ];
  const tide = tidegate({
    database: adapter,
    store: memory(),
    config: readConfig(CONFIG, { appName: "worker" }),
    log: silent,
  });
  const { db } = tide;

  return new Hono<TidegateEnv>()
    .onError(tide.onError)
    .post("/statements", async (c) => {
      const asked = (await c.req.json()) as Asked;
      return c.json(await statements(asked.empty ? empty : shared, asked));
    })
    .use(tide.middleware())
    .get("/sleep/:seconds", async (c) => {
      await c.var.db.query`select pg_sleep(${c.req.param("seconds")}::float8)`;
      return c.json(await c.var.db.one`select 7 as v`);
    })
    .get("/outside", async (c) => c.json(await db.one`select 5 as v`))
    .post("/notes/:n", async (c) => {
      const inserted = await c.var.db.transaction(async (tx) => {
        const note = await tx.one`insert into notes values (${c.req.param("n")}::int) returning n`;
        if (c.req.param("n") === "13") throw new RangeError("unlucky");
        return note;
      });
      return c.json(inserted);
    })
    .get("/numbers/:to", (c) => {
      const rows = c.var.db.stream<{ n: number }>`select generate_series(1, ${c.req.param("to")}::int) as n`;
      const encoder = new TextEncoder();
      return c.body(
        new ReadableStream<Uint8Array>({
          pull: async (controller) => {
            const { done, value } = await rows.next();
            if (done) controller.close();
            else controller.enqueue(encoder.encode(`${value.n}\n`));
          },
          cancel: async () => {
            await rows.return?.();
          },
        }),
      );
    })
    .route("/", tide.routes());
}

let app: ReturnType<typeof application> | undefined;

export default {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response> {
    app ??= application(bindings);
    return app.fetch(request);
  },
};
