/**
 * Tidegate: keeps endpoints useful while their database is not.
 *
 * This file composes given adapters into what an application uses, and names no concrete adapter. Map of `lib/`: `gate`
 * is the pure machine, `store` where it lives, `guard` the shell round it, `database` the drivers, `health` and
 * `recovery` what is said about them, `http` all that knows Hono, `log` the log, `config` the environment.
 */
import type { Hono, MiddlewareHandler } from "hono";
import { type Config, readConfig } from "./config.ts";
import type { Database, DatabaseAdapter } from "./database/port.ts";
import type { Operate } from "./gate/commands.ts";
import type { GateView, OperateReply } from "./gate/replies.ts";
import { createGuard, type Guard, type RunOptions } from "./guard/guard.ts";
import { type GuardedDatabase, guardDatabase } from "./guard/guarded-database.ts";
import { guardRules } from "./guard/rules.ts";
import { createHealth } from "./health/health.ts";
import { addressReader } from "./http/address/address.ts";
import { type ConnInfo, peerReader } from "./http/address/peer.ts";
import { createAuth } from "./http/auth/auth.ts";
import type { TidegateEnv } from "./http/env.ts";
import { fleetLimiter } from "./http/limit/fleet.ts";
import { limitRequests, requestRule } from "./http/limit/requests.ts";
import { createHttpShell, type HttpShell } from "./http/middleware.ts";
import { healthRoutes, type Readiness } from "./http/routes/health.ts";
import { createLog } from "./log/log.ts";
import type { Log, LogFields, LogLevel } from "./log/port.ts";
import { createRedactor, type Redactor } from "./log/redaction.ts";
import { measured } from "./metrics/measured-database.ts";
import { createQueryTimes } from "./metrics/query-times.ts";
import { isTerminal, platformName, type Runtime, systemRuntime } from "./runtime.ts";
import type { Store, StoreAdapter } from "./store/port.ts";

export { CommitUnknown, DatabaseError } from "./database/port.ts";
export { list, type Statement, sql } from "./database/sql.ts";
export type { GuardedDatabase } from "./guard/guarded-database.ts";
export { type Refusal, Refused } from "./guard/refusal.ts";
export type { Transaction, TransactionOptions } from "./guard/transaction.ts";
export type { TidegateEnv } from "./http/env.ts";
export { success } from "./http/envelope.ts";
export { ProblemError } from "./http/problem.ts";
export { validate } from "./http/validate.ts";

/** The gate that stands before `database`; others are made by name. */
const MAIN_GATE = "main";
/** From when on a statement is counted as slow, where the environment says nothing about it. */
const SLOW_QUERY_MS = 1_000;

export interface TidegateOptions {
  /** What is guarded: `postgres(url)`, `pglite()`, … */
  readonly database: DatabaseAdapter;
  /** Where the gate lives: `memory()`, `redis(url)`, … */
  readonly store: StoreAdapter;
  /** Default: the environment, by `readConfig()`. */
  readonly config?: Config;
  /** What hears of events; fields come redacted. Default: lines on the console, by the configuration's level and format. */
  readonly log?: Log;
  /** The application's version, for payloads. Default `0.0.0`. */
  readonly appVersion?: string;
  /**
   * Who is at the other end of a connection: `getConnInfo` of a Hono adapter, such as `hono/vercel`. Default: what Node,
   * Deno, Workers and Lambda say.
   */
  readonly connInfo?: ConnInfo;
  /** Clock, timers, chance and network. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** A gate by name; the one of the main database is `tide` itself. */
export interface Gate {
  /**
   * Guards a call that Tidegate does not make itself: an ORM, another database, an HTTP dependency.
   *
   * @throws Refused when the gate does not let it in; DatabaseError with fault `timeout` at the deadline; the reason of
   * `options.signal` when that is aborted; otherwise what the call throws.
   * @example
   * ```ts
   * const invoice = await tide.gate("billing").run((signal) => fetch(url, { signal }), { deadlineMs: 2_000 });
   * ```
   */
  run<Value>(call: (signal: AbortSignal) => Promise<Value> | Value, options?: RunOptions): Promise<Value>;
  /** The gate as it stands: breaker, lanes, window, recent transitions. */
  view(): Promise<GateView>;
  /** An operator's word, for every instance and with an end: forced open, forced closed, observed only, or automatic. */
  override(command: Omit<Operate, "kind" | "opId" | "expectedVersion">): Promise<OperateReply>;
}

export interface Tidegate extends Gate, Omit<HttpShell, "middleware"> {
  readonly config: Config;
  /** The guarded database outside of requests: jobs, scripts. In a handler use `c.var.db`, which knows its caller. */
  readonly db: GuardedDatabase;
  /** Request ids, the guarded database as `c.var.db`, degraded answers, a rate limit for each client. */
  middleware(): MiddlewareHandler<TidegateEnv>;
  /** `/health`, `/health/deep`, `/health/live`, `/health/ready`. */
  routes(): Hono;
  gate(name: string): Gate;
  /** From now on requests are answered `SERVICE_UNAVAILABLE` and `/health/ready` 503; what runs may end. */
  drain(): void;
  /** Ends connections, store and log. Call it once nothing runs any more. */
  close(): Promise<void>;
}

/**
 * @throws ConfigError when the environment is wrong: all of its faults at once.
 * @example
 * ```ts
 * const tide = tidegate({ database: postgres(process.env.DATABASE_URL), store: memory() });
 * const app = new Hono()
 *   .use(tide.middleware())
 *   .get("/orders/:id", async (c) => c.json(await c.var.db.one`select * from orders where id = ${c.req.param("id")}`))
 *   .route("/", tide.routes());
 * ```
 */
export function tidegate(options: TidegateOptions): Tidegate {
  const { config = readConfig(), runtime = systemRuntime(), appVersion = "0.0.0" } = options;
  const redact = createRedactor({ secrets: [...config.secrets, ...options.database.secrets] });
  const ownLog = options.log ? null : logOf(config, redact, runtime);
  const log = options.log ? guardLog(options.log, redact) : (ownLog as Log);
  for (const { variable, message } of config.warnings) log.warn("config.warning", { variable, message });
  const store = options.store.open(runtime);
  const queryTimes = createQueryTimes(config.breaker.slowCallMs ?? SLOW_QUERY_MS, runtime);
  const database = measured(options.database.open(config.pool, runtime), queryTimes.record, runtime);
  const rules = guardRules(config, store.traits);
  const about = { runtime: platformName(), region: "", version: appVersion, startedAt: Math.floor(runtime.wallMs()) };
  let readiness: Readiness = "ready";

  const guards = new Map<string, Guard>();
  const keyOf = (name: string) => `{tidegate:${config.store.namespace}:${name}}`;
  const guardOf = (name: string): Guard => {
    const guard = guards.get(name) ?? createGuard({ name, store, key: keyOf(name), rules, about, runtime, log });
    guards.set(name, guard);
    return guard;
  };
  const gate = (name: string): Gate => ({
    run: (call, runOptions) => guardOf(name).run(({ signal }) => call(signal), runOptions),
    view: async () => guardOf(name).view(),
    override: async (command) => guardOf(name).operate({ ...command, opId: runtime.uuid(), expectedVersion: null }),
  });
  const guarded = (signal?: AbortSignal) =>
    guardDatabase({ guard: guardOf(MAIN_GATE), database, runtime, waitTimeoutMs: rules.waitTimeoutMs, signal });
  const health = createHealth({
    guard: guardOf(MAIN_GATE),
    key: keyOf(MAIN_GATE),
    queries: queryTimes.figures,
    ...{ database, store, config, runtime },
  });

  const addressOf = addressReader(config.http.trustedProxies, peerReader(options.connInfo));
  const prefix = `tidegate:${config.store.namespace}:limit`;
  const counting = { store, prefix, deadlineMs: config.store.deadlineMs, runtime, log };
  const requests = requestRule(config.http.rateLimitPerMinute);
  const auth = createAuth({
    access: config.access,
    cronSecret: config.watchdog.cronSecret,
    development: config.app.env === "development",
    runtime,
    log,
  });
  // Module scope has no chance on Workers; there it is made when it is first asked for.
  if (platformName() !== "workerd") auth.announce();

  const { middleware, ...shell } = createHttpShell({
    appVersion,
    production: config.app.env === "production",
    corsOrigins: config.http.corsOrigins,
    bodyLimitBytes: config.http.requestBodyLimitBytes,
    defaultRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    database: guarded,
    addressOf,
    limitRequest: limitRequests(
      requests,
      fleetLimiter({ ...counting, rule: requests, whenAway: "pass" }),
      addressOf,
      log,
    ),
    accepting: (path) => readiness === "ready" || path === "/health" || path.startsWith("/health/"),
    runtime,
    log,
  });

  return {
    ...shell,
    ...gate(MAIN_GATE),
    config,
    db: guarded(),
    middleware: () => middleware,
    routes: () =>
      healthRoutes({
        health,
        readiness: () => readiness,
        guard: auth.requireMonitor(),
        methodNotAllowed: shell.methodNotAllowed,
        appVersion,
      }),
    gate,
    drain: () => {
      readiness = "draining";
    },
    close: async () => {
      for (const guard of guards.values()) guard.close();
      // The store outlives the database, whose statements settle as they end; one that fails to end keeps no other.
      const end = (part: Database | Store) =>
        part.close().catch((error: unknown) => log.error("close.failed", { kind: part.kind, error }));
      await end(database);
      await Promise.all([...guards.values()].map((guard) => guard.end()));
      await end(store);
      await ownLog?.flush();
    },
  };
}

function logOf(config: Config, redact: Redactor, runtime: Runtime): ReturnType<typeof createLog> {
  const format = config.log.format ?? (isTerminal() ? "pretty" : "json");
  return createLog({ level: config.log.level, format, redact, runtime });
}

/** The application's own log: it hears no secret, and where it throws, no guarded call fails of that. */
function guardLog(log: Log, redact: Redactor): Log {
  const write =
    (level: LogLevel): Log[LogLevel] =>
    (event, fields) => {
      try {
        log[level](event, fields && (redact.value(fields) as LogFields));
      } catch {
        // There is nowhere left to say so.
      }
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
