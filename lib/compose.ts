/**
 * The composition: given adapters become what an application uses. It names no concrete adapter, and nothing else is put
 * together anywhere.
 */
import type { Hono, MiddlewareHandler } from "hono";
import { isSamePlace, NAMELESS, placedAt } from "./config/namespace.ts";
import { type Config, readConfig } from "./config.ts";
import type { Readiness } from "./contract/health.ts";
import { explained } from "./database/explained.ts";
import type { Database, DatabaseAdapter } from "./database/port.ts";
import { createEvents, type Events } from "./events.ts";
import type { About } from "./gate/types.ts";
import { createDatabaseComparison } from "./guard/database-comparison.ts";
import { type Gate, gateHandle } from "./guard/gate.ts";
import { type GateOptions, gateOptions } from "./guard/gate-options.ts";
import { createGates, type GateStanding } from "./guard/gates.ts";
import { type GuardedDatabase, guardDatabase } from "./guard/guarded-database.ts";
import { gateKey, gateName, MAIN_GATE } from "./guard/names.ts";
import { guardRules } from "./guard/rules.ts";
import { evidenceOf } from "./health/evidence.ts";
import { createHealth } from "./health/health.ts";
import { createPersistedReport, type HealthKeep } from "./health/persisted-report.ts";
import { createAccess } from "./http/access.ts";
import type { ConnInfo } from "./http/address/peer.ts";
import type { TidegateEnv } from "./http/env.ts";
import { createHttpShell, type HttpShell } from "./http/middleware.ts";
import { tidegateRoutes } from "./http/routes/routes.ts";
import { chooseLog } from "./log/choose.ts";
import type { Log } from "./log/port.ts";
import { createRedactor } from "./log/redaction.ts";
import { measured } from "./metrics/measured-database.ts";
import { createQueryTimes } from "./metrics/query-times.ts";
import { createRecovery } from "./recovery/recovery.ts";
import { renewable } from "./recovery/renewal.ts";
import type { RestartProvider } from "./recovery/restart-provider.ts";
import type { TickReport } from "./recovery/watchdog.ts";
import { isTerminal, ownProcess, platformName, type Runtime, systemRuntime } from "./runtime.ts";
import type { Store, StoreAdapter, StoreLog } from "./store/port.ts";
import { type WaitUntil, withWaitUntil } from "./store/wait-until.ts";

/** From when on a statement is counted as slow, where the environment says nothing about it. */
const SLOW_QUERY_MS = 1_000;

/** What an application is made of: its database, its store, and what differs from the default. */
export interface TidegateOptions {
  /** What is guarded: `postgres(url)`, `pglite()`, … */
  readonly database: DatabaseAdapter;
  /** Where the gate lives: `memory()`, `redis(url)`, … */
  readonly store: StoreAdapter;
  /** Default: the environment, by `readConfig()`, which a soft restart then reads again, as it does a function's. */
  readonly config?: Config | (() => Config);
  /** How the platform restarts: one of `tidegate/hooks/*`. Default: the soft restart, of every instance by itself. */
  readonly restart?: RestartProvider | undefined;
  /** Where the audit goes, such as `auditFile(path)` of `tidegate/node`. Default: the store. */
  readonly auditLog?: StoreLog | undefined;
  /** What hears of events; fields come redacted. Default: lines on the console, by the configuration's level and format. */
  readonly log?: Log;
  /** The application's version, for payloads. Default `0.0.0`. */
  readonly appVersion?: string;
  /**
   * Who is at the other end of a connection: `getConnInfo` of a Hono adapter, such as `hono/vercel`. Default: what Node,
   * Deno, Workers and Lambda say.
   */
  readonly connInfo?: ConnInfo | undefined;
  /**
   * Tells a platform that freezes or ends instances between requests what to wait for: `waitUntil` of
   * `cloudflare:workers` or `@vercel/functions`. Every call to the store is then made within its request.
   */
  readonly waitUntil?: WaitUntil | undefined;
  /** Where the last known health is kept for the time when the store is away: a namespace of Cloudflare KV. */
  readonly healthKeep?: HealthKeep | undefined;
  /** Clock, timers, chance and network. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** Tidegate in an application: the gate of its database, what goes into the application, and its life. */
export interface Tidegate extends Gate, Omit<HttpShell, "middleware">, AsyncDisposable {
  /** As it was read when this was made; frozen. */
  readonly config: Config;
  /** The guarded database outside of requests: jobs, scripts. In a handler use `c.var.db`, which knows its caller. */
  readonly db: GuardedDatabase;
  /** Request ids, the guarded database as `c.var.db`, degraded answers, a rate limit for each client. */
  middleware(): MiddlewareHandler<TidegateEnv>;
  /** `/health` and what is below it, `/admin/api/*`, `/metrics`, `/internal/watchdog`. */
  routes(): Hono;
  /**
   * A gate of its own for another dependency: a breaker, lanes and limits that know nothing of the database's. What is
   * said about it holds wherever it is asked for by its name.
   *
   * @throws RangeError for a name that is none; TypeError for options that are wrong; Error where it was said otherwise
   * before.
   */
  gate(name: string, options?: GateOptions): Gate;
  /** All gates that this instance knows, as it last heard of them: asks nobody. */
  gates(): readonly GateStanding[];
  /**
   * Tells what happens, after it has been committed. Transitions and overrides are told by the instance whose message has
   * brought them about, once in a fleet; what this instance refuses, and whether its store is there, by itself.
   *
   * @returns What ends it; so does `options.signal`.
   * @example
   * ```ts
   * tide.on("transition", ({ gate, to }) => pager.send(`${gate} is ${to}`));
   * ```
   */
  readonly on: Events["on"];
  /**
   * One look of the watchdog, and what follows from it: for a timer, `Deno.cron`, a `scheduled` event. Never rejects;
   * does nothing unless `WATCHDOG_ENABLED`.
   */
  watch(): Promise<TickReport>;
  /** From now on requests are answered `SERVICE_UNAVAILABLE` and `/health/ready` 503; what runs may end. */
  drain(): void;
  /** Ends connections, store and log; what does not end well is logged. Call it once nothing runs any more. */
  close(): Promise<void>;
}

/** Given in code, they are in no environment. */
const secretsInCode = ({ database, store, restart }: TidegateOptions): readonly string[] => [
  ...database.secrets,
  ...(store.secrets ?? []),
  ...(restart?.secrets ?? []),
];

/**
 * Puts an application's database, store and hook together. Connects to nothing until something is asked.
 *
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
  const { runtime = systemRuntime(), appVersion = "0.0.0" } = options;
  const configNow = () => (typeof options.config === "function" ? options.config() : (options.config ?? readConfig()));
  const given = configNow();
  const config = placedAt(given, options.database.address);
  const redact = createRedactor({ secrets: [...config.secrets, ...secretsInCode(options)] });
  const format = config.log.format ?? (isTerminal() ? "pretty" : "json");
  const { log, flush } = chooseLog(options.log, redact, { level: config.log.level, format }, runtime);
  for (const warning of config.warnings) log.warn("config.warning", { ...warning });
  const opened = options.store.open(runtime);
  const store = options.waitUntil ? withWaitUntil(opened, options.waitUntil) : opened;
  const queryTimes = createQueryTimes(config.breaker.slowCallMs ?? SLOW_QUERY_MS, runtime);
  const renewing = renewable(() => options.database.open(configNow().pool, runtime));
  const { address } = options.database;
  const compareDatabases = createDatabaseComparison({
    ...{ store, runtime, log, namespace: config.store.namespace, address, isSame: isSamePlace },
    key: `${gateKey(config.store.namespace, MAIN_GATE)}:database`,
  });
  const told = config.app.env === "development" ? explained(renewing.database, redact.text) : renewing.database;
  const recorded = (ms: number) => {
    queryTimes.record(ms);
    if (address !== NAMELESS) compareDatabases();
  };
  const database = measured(told, recorded, runtime);
  const rules = guardRules(config, store.traits);
  const about = aboutInstance(appVersion, runtime);
  let readiness: Readiness = "ready";

  const { namespace } = config.store;
  const events = createEvents(runtime, log);
  const gates = createGates({
    ...{ store, namespace, rules, about, runtime, events, log },
    // Of the others nobody knows how to ask whether their dependency is back.
    refusing: () => health.refreshIfDue(),
  });
  const { main } = gates;
  const handling = { gates, runtime, log, notesPlace: config.app.env === "development" };
  const gate = (name: string, said?: GateOptions): Gate => {
    if (said === undefined) return gateHandle(handling, gateName(name));
    if (name === MAIN_GATE)
      throw new RangeError(`tide.gate: "${MAIN_GATE}" is the database's; the environment has its options`);
    const options = gateOptions(name, said);
    gates.say(gateName(name), options);
    return gateHandle(handling, name, options);
  };
  const guarded = (of: Database) => guardDatabase({ guard: main, database: of, runtime, log });
  const ofRequest = (of: Database, signal: AbortSignal, unread: AbortSignal) =>
    guardDatabase({
      ...{ guard: main, database: of, runtime, log },
      limits: { signal },
      unread,
      holding: { request: 0, slow: 0 },
    });
  const outlasting = { waitUntil: options.waitUntil, runtime, log };
  const health = createHealth({
    guard: main,
    key: gateKey(namespace, MAIN_GATE),
    queries: queryTimes.figures,
    restarts: async () => recovery.facts(await recovery.view()),
    persisted:
      options.healthKeep &&
      createPersistedReport({ keep: options.healthKeep, key: gateKey(namespace, "health"), ...outlasting }),
    ...{ database, store, config, runtime, waitUntil: options.waitUntil },
  });
  const recovery = createRecovery({
    // By the environment alone: a supervisor, which has no database, keeps the same ledger.
    config: given,
    store,
    auditLog: options.auditLog,
    provider: options.restart,
    look: evidenceOf(health, main, config),
    renew: () => renewing.renew(config.pool.slowCallTimeoutMs),
    redact: (entry) => redact.value(entry) as typeof entry,
    ...{ events, runtime, log },
  });

  const { addressOf, limitRequest, auth } = createAccess({ config, store, connInfo: options.connInfo, runtime, log });

  const { middleware, ...shell } = createHttpShell({
    appVersion,
    production: config.app.env === "production",
    corsOrigins: config.http.corsOrigins,
    bodyLimitBytes: config.http.requestBodyLimitBytes,
    defaultRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    database: (signal, unread) => ofRequest(database.forRequest?.() ?? database, signal, unread),
    addressOf,
    limitRequest,
    checkIfDue: recovery.epoch.checkIfDue,
    accepting: (path) => readiness === "ready" || path === "/health" || path.startsWith("/health/"),
    runtime,
    log,
  });

  const drain = () => {
    readiness = "draining";
  };
  const close = async () => {
    // One that was fired for has to be told of; the store's connection is gone after that.
    await recovery.restarts.settled();
    recovery.epoch.stop();
    gates.close();
    // The store outlives the database, whose statements settle as they end; one that fails to end keeps no other.
    const end = (part: Database | Store) =>
      part.close().catch((error: unknown) => log.error("close.failed", { kind: part.kind, error }));
    await end(database);
    await gates.end();
    await end(store);
    await flush();
  };

  return {
    ...shell,
    ...gateHandle(handling, MAIN_GATE),
    config,
    db: guarded(database),
    middleware: () => middleware,
    routes: () =>
      tidegateRoutes({
        ...{ health, recovery, gates, auth, addressOf, readiness: () => readiness, worker: ownProcess() },
        ...{ pool: database.pool, queries: queryTimes.figures },
        ...{ methodNotAllowed: shell.methodNotAllowed, appVersion, config, runtime },
      }),
    gate,
    gates: gates.standing,
    on: events.on,
    watch: recovery.watchdog.tick,
    drain,
    close,
    [Symbol.asyncDispose]: () => {
      drain();
      return close();
    },
  };
}

/** As the fleet sees it. Begun with the first look: at the module scope of a Worker the clock stands still. */
function aboutInstance(version: string, runtime: Runtime): About {
  let startedAt: number | undefined;
  return {
    runtime: platformName(),
    region: "",
    version,
    get startedAt() {
      startedAt ??= Math.floor(runtime.wallMs());
      return startedAt;
    },
  };
}
