/**
 * A small application over a real PostgreSQL, asked over HTTP: instances of Tidegate in this process, so that timers and
 * listeners can be counted, and the server's own view of what they do to it.
 */
import { Agent, request } from "node:http";
import { type Context, Hono } from "hono";
import { readConfig } from "../../lib/config.ts";
import { type PostgresOptions, postgres } from "../../lib/database/postgres/postgres.ts";
import { type Statement, sql } from "../../lib/database/sql.ts";
import type { GuardedDatabase } from "../../lib/guard/database/guarded-database.ts";
import type { Log } from "../../lib/log/port.ts";
import { serve } from "../../lib/node/serve.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { memory } from "../../lib/store/memory.ts";
import { type TidegateEnv, tidegate } from "../../lib/tidegate.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** A client that waits longer has found a call that is never answered. */
const PATIENCE_MS = 60_000;

export interface Answer {
  /** 0 where the connection was lost, or ended by the client. */
  readonly status: number;
  /** Of a problem. */
  readonly code: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads whose shape is what they check.
  readonly body: any;
  readonly tookMs: number;
}

export interface Instance {
  /**
   * Never rejects. `/sleep?ms=50` is one guarded statement, with `way=` a {@link Way} another than `query`, `/session` one
   * that tells of the session it runs in: `{ pid, started, timeout }`; with `lane=slow` they run in the slow lane.
   */
  get(path: string, signal?: AbortSignal): Promise<Answer>;
  /** Past the application, but not past the gate. */
  readonly db: GuardedDatabase;
  /** Otherwise it ends with its scene. */
  stop(): Promise<void>;
  /** What the gate has out and in line. */
  held(): Promise<{ readonly permits: number; readonly waiting: number; readonly breaker: string }>;
}

export interface InstanceOptions {
  /** Default: the server's own. */
  readonly url?: string;
  readonly runtime?: Runtime;
  readonly driver?: PostgresOptions;
}

export interface Scene {
  readonly server: PostgresServer;
  instance(env: Readonly<Record<string, string>>, options?: InstanceOptions): Promise<Instance>;
  /** How many backends the server has under a condition on `pg_stat_activity`, its own look apart. */
  seen(where: string): Promise<number>;
  dispose(): Promise<void>;
}

/** Statements of `/sleep` that run at this moment. */
export const RUNNING = "state = 'active' and query like '%pg_sleep%'";

export async function pressureScene(settings: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const server = await startPostgres({ settings });
  const ends = new Set<() => Promise<void>>();
  return {
    server,
    instance: async (env, { url = server.url, runtime = systemRuntime(), driver } = {}) => {
      // One client asks for all of them here.
      const config = readConfig({ DATABASE_URL: url, RATE_LIMIT_PER_MINUTE: "0", ...env });
      const tide = tidegate({ database: postgres(url, driver), store: memory(), config, log: SILENT, runtime });
      const app = new Hono<TidegateEnv>()
        .use(tide.middleware())
        .get("/sleep", async (c) => {
          const statement = sql`select pg_sleep(${Number(c.req.query("ms") ?? 0) / 1_000})`;
          return c.json(await WAYS[(c.req.query("way") ?? "query") as Way](dbOf(c), statement));
        })
        .get("/session", async (c) =>
          c.json(
            await dbOf(c).one`
              select pid, extract(epoch from backend_start)::float8 * 1000 as started,
                current_setting('statement_timeout') as timeout
              from pg_stat_activity where pid = pg_backend_pid()`,
          ),
        )
        .route("/", tide.routes());
      const serving = await serve(app, { tide, port: 0, host: "127.0.0.1" });
      const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
      const stop = async () => {
        ends.delete(stop);
        agent.destroy();
        await serving.stop();
      };
      ends.add(stop);
      return {
        db: tide.db,
        stop,
        get: (path, signal) => ask(serving.url + path, agent, signal),
        held: async () => {
          const { lanes, breaker } = await tide.view();
          const all = Object.values(lanes);
          return {
            permits: all.reduce((sum, { running }) => sum + running, 0),
            waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
            breaker: breaker.state,
          };
        },
      };
    },
    seen: async (where) => {
      const rows = await server.query(
        `select count(*)::int as n from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid() and ${where}`,
      );
      return Number(rows[0]?.n);
    },
    dispose: async () => {
      server.resume();
      for (const end of ends) await end();
      await server.dispose();
    },
  };
}

/** How a statement can be asked for. */
const WAYS = {
  query: (db: GuardedDatabase, statement: Statement) => db.query(statement),
  transaction: (db: GuardedDatabase, statement: Statement) => db.transaction((tx) => tx.query(statement)),
  stream: async (db: GuardedDatabase, statement: Statement) => {
    const rows: unknown[] = [];
    for await (const row of db.stream(statement)) rows.push(row);
    return rows;
  },
};
export type Way = keyof typeof WAYS;

const dbOf = (c: Context<TidegateEnv>) => (c.req.query("lane") === "slow" ? c.var.db.lane("slow") : c.var.db);

function ask(url: string, agent: Agent, signal?: AbortSignal): Promise<Answer> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const done = (status: number, text: string) => {
      const body = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null;
      resolve({ status, body, code: body?.error?.code, tookMs: performance.now() - startedAt });
    };
    const asked = request(url, { agent, timeout: PATIENCE_MS, ...(signal ? { signal } : {}) }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => done(response.statusCode ?? 0, text));
      response.on("error", () => done(0, ""));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => done(0, ""));
    asked.end();
  });
}

/** How many statements the server is seen to run at once, of as many that are asked for at once. */
export async function atOnce(
  scene: Scene,
  instance: Instance,
  statements: number,
  lane: "request" | "slow" = "request",
): Promise<number> {
  const ask = () => instance.get(`/sleep?ms=700&lane=${lane}`);
  const answers = Promise.all(Array.from({ length: statements }, ask));
  let most = 0;
  let over = false;
  void answers.then(() => {
    over = true;
  });
  while (!over) most = Math.max(most, await scene.seen(RUNNING));
  return most;
}

/** So many clients, each asking again when it is answered, `requests` in all. */
export async function keepAsking(
  clients: number,
  requests: number,
  one: (index: number) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const client = async () => {
    while (next < requests) answers.push(await one(next++));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return answers;
}

/** How many answers there are of each kind: the status, or the code of a problem. */
export function tally(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, code = String(status) } of answers) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
