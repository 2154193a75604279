/**
 * The composition: given adapters become what an application uses. It names no concrete adapter, and nothing else is put
 * together anywhere.
 */
import { settingsIn } from "./config/in-code.ts";
import { isSamePlace, NAMELESS, placedAt } from "./config/namespace.ts";
import { ConfigError, readConfig } from "./config.ts";
import type { Readiness } from "./contract/health.ts";
import { absentDatabase } from "./database/absent.ts";
import { explained, explaining } from "./database/explained.ts";
import { createEvents } from "./events.ts";
import type { About } from "./gate/types.ts";
import { within } from "./guard/ambient.ts";
import { createDatabaseComparison } from "./guard/database/database-comparison.ts";
import { databaseHandles } from "./guard/database/handles.ts";
import { slowStatements } from "./guard/database/slow-statements.ts";
import { type Gate, gateHandle } from "./guard/gate.ts";
import { type GateOptions, gateOptions } from "./guard/gate-options.ts";
import { createGates } from "./guard/gates.ts";
import { noteInsides } from "./guard/insides.ts";
import { instanceName } from "./guard/instance-name.ts";
import { gateKey, gateName, MAIN_GATE } from "./guard/names.ts";
import { guardRules } from "./guard/rules.ts";
import { evidenceOf } from "./health/evidence.ts";
import { createHealth } from "./health/health.ts";
import { createPersistedReport } from "./health/persisted-report.ts";
import { createAccess } from "./http/access.ts";
import { noteEntrance } from "./http/entrance.ts";
import { createKeeping } from "./http/keep/keeping.ts";
import { createHttpShell } from "./http/middleware.ts";
import { requestTiming } from "./http/request-timing.ts";
import { tidegateRoutes } from "./http/routes/routes.ts";
import type { CutOff } from "./http/under-way.ts";
import { chooseLog } from "./log/choose.ts";
import type { EventLog } from "./log/events.ts";
import { originOf } from "./log/origin.ts";
import { createRedactor } from "./log/redaction.ts";
import { measured, type RecordStatement, statementTimings } from "./metrics/measured-database.ts";
import { createProcessFigures, noteProcessFigures } from "./metrics/process-figures.ts";
import { createQueryTimes } from "./metrics/query-times.ts";
import { createRegistry } from "./metrics/registry.ts";
import { isLog, optionFaults } from "./option-faults.ts";
import type { TidegateOptions } from "./options.ts";
import { createRecovery } from "./recovery/recovery.ts";
import { renewable } from "./recovery/renewal.ts";
import { ownProcess, platformName, type Runtime, systemRuntime } from "./runtime.ts";
import { withWaitUntil } from "./store/wait-until.ts";
import { systemOf } from "./telemetry/statement.ts";
import { tracedDatabase } from "./telemetry/traced-database.ts";
import type { Tidegate } from "./tide.ts";

/** From when on a statement is counted as slow, where the environment says nothing about it. */
const SLOW_QUERY_MS = 1_000;

/** Given in code, they are in no environment. */
const secretsInCode = ({ database, store, restart }: TidegateOptions): readonly string[] => [
  ...(database?.secrets ?? []),
  ...(store.secrets ?? []),
  ...(restart?.secrets ?? []),
];

/**
 * Puts an application's database, store and hook together. Connects to nothing until something is asked.
 *
 * @throws ConfigError when options are wrong, or settings and the environment: all of their faults at once.
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
  const faults = optionFaults(options);
  if (faults.length > 0) throw new ConfigError(faults);
  const { runtime = systemRuntime(), appVersion = "0.0.0", database: source = null, store: home } = options;
  // What code names, the environment need not: another application's DATABASE_URL is no fault.
  const ownLog = isLog(options.log) ? options.log : undefined;
  const settings = settingsIn(ownLog ? { ...options, log: undefined } : options);
  const readNow = () => readConfig(undefined, { ...settings, database: source, store: home });
  const configNow = () => (typeof options.config === "function" ? options.config() : (options.config ?? readNow()));
  const config = source ? placedAt(configNow(), source.address) : configNow();
  const redact = createRedactor({ secrets: [...config.secrets, ...secretsInCode(options)] });
  const self = instanceName(runtime);
  const tracing = options.telemetry?.tracing ?? null;
  const meters = createRegistry({ runtime, tracing, meters: options.telemetry?.meters ?? null });
  const origin = originOf({ instance: self.known, trace: () => tracing?.current() ?? null });
  const chosen = chooseLog({ own: ownLog, settings: config.log, redact, origin, runtime });
  const log: EventLog = chosen.log;
  for (const warning of config.warnings) log.warn("config.warning", { ...warning });
  const opened = home.open(runtime);
  const store = options.waitUntil ? withWaitUntil(opened, options.waitUntil) : opened;
  const slowMs = config.breaker.slowCallMs ?? SLOW_QUERY_MS;
  const slow = slowStatements({ slowMs, runtime, log });
  const queryTimes = createQueryTimes(slowMs, runtime);
  const absent = absentDatabase();
  const adapter = source ?? absent.adapter;
  const renewing = renewable(() => adapter.open(configNow().pool, runtime));
  const compareDatabases = createDatabaseComparison({
    store,
    runtime,
    log,
    namespace: config.store.namespace,
    address: () => {
      const { address } = source ?? absent;
      return address === NAMELESS ? null : address;
    },
    isSame: isSamePlace,
    key: `${gateKey(config.store.namespace, MAIN_GATE)}:database`,
  });
  const explain = config.app.env === "development" ? explaining(redact.text) : null;
  const told = explain ? explained(renewing.database, redact.text) : renewing.database;
  const comments = config.telemetry.sqlComments;
  const traced = tracing || comments ? tracedDatabase(told, { tracing, comments }) : told;
  const timed = statementTimings(meters, { "db.system.name": systemOf(adapter) });
  const recorded: RecordStatement = (ms, lane, outcome) => {
    timed(ms, lane, outcome);
    slow.note(lane, ms);
    queryTimes.record(ms);
    compareDatabases();
  };
  const database = measured(traced, recorded, runtime);
  const rules = guardRules(config, store.traits);
  const about = aboutInstance(appVersion, runtime);
  let readiness: Readiness = "ready";

  const { namespace } = config.store;
  const events = createEvents(runtime, log);
  const gates = createGates({
    ...{ store, namespace, rules, about, runtime, events, log },
    instance: self.get,
    redact: redact.text,
    meters,
    tracing,
    // Of those without a ping nobody knows how to ask whether their dependency is back.
    refusing: () => health.refreshIfDue(),
  });
  const { main } = gates;
  const handling = { gates, runtime, log, notesPlace: config.app.env === "development" };
  const gate = (name: string, said?: GateOptions): Gate => {
    if (said === undefined) return gateHandle(handling, gateName(name));
    if (name === MAIN_GATE)
      throw new RangeError(`tide.gate: "${MAIN_GATE}" is the database's: write tidegate({ lanes, breaker })`);
    const options = gateOptions(name, said);
    gates.say(gateName(name), options);
    return gateHandle(handling, name, options);
  };
  const handles = databaseHandles({ guard: main, database, runtime, log });
  const outlasting = { waitUntil: options.waitUntil, runtime, log };
  const health = createHealth({
    guard: main,
    key: gateKey(namespace, MAIN_GATE),
    queries: queryTimes.figures,
    pinged: gates.pinged,
    restarts: async () => recovery.facts(await recovery.view()),
    persisted:
      options.healthKeep &&
      createPersistedReport({ keep: options.healthKeep, key: gateKey(namespace, "health"), ...outlasting }),
    ...{ database, store, config, runtime, waitUntil: options.waitUntil, log },
  });
  let auditFailures = 0;
  const recovery = createRecovery({
    config,
    store,
    auditLog: options.auditLog,
    provider: options.restart,
    look: evidenceOf(health, main, config),
    renew: () => renewing.renew(config.pool.slowCallTimeoutMs),
    redact: (entry) => redact.value(entry) as typeof entry,
    auditFailed: () => {
      auditFailures += 1;
    },
    ...{ events, tracing, runtime, log },
  });

  const { kept, keepRoute, keptValue } = createKeeping({
    store,
    home: options.keepHome,
    prefix: gateKey(namespace, "kept"),
    waitUntil: options.waitUntil,
    databaseFor: handles.ofRequest,
    defaultRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    tally: main.tally,
    tracing,
    runtime,
    log,
  });

  const processes = createProcessFigures({
    registry: meters,
    pool: database.pool,
    kept: kept.figures,
    logLinesDropped: chosen.dropped,
    auditFailures: () => auditFailures,
    version: appVersion,
  });

  const { addressOf, limitRequest, auth } = createAccess({ config, store, connInfo: options.connInfo, runtime, log });

  const shell = createHttpShell({
    appVersion,
    production: config.app.env === "production",
    corsOrigins: config.http.corsOrigins,
    bodyLimitBytes: config.http.requestBodyLimitBytes,
    defaultRetryAfterMs: config.admission.exhaustedRetryAfterMs,
    database: handles.ofRequest,
    addressOf,
    limitRequest,
    recordRequest: requestTiming(meters),
    checkIfDue: recovery.epoch.checkIfDue,
    accepting: () => readiness === "ready",
    tracing,
    tellsRoutes: comments,
    runtime,
    log,
  });

  let drainingSince: number | null = null;
  const drain = () => {
    readiness = "draining";
    if (drainingSince === null) log.info("shutdown.begun", {});
    drainingSince ??= runtime.monotonicMs();
  };
  const close = async (cut?: CutOff) => {
    // One that was fired for has to be told of; the store's connection is gone after that.
    await recovery.restarts.settled();
    recovery.epoch.stop();
    processes.stop();
    gates.close();
    // The store outlives the database, whose statements settle as they end; one that fails to end keeps no other.
    const end = (kind: string, ending: Promise<void> | undefined) =>
      ending?.catch((error: unknown) => log.error("close.failed", { kind, error }));
    await end(database.kind, database.close());
    await gates.end();
    slow.end();
    await end(store.kind, store.close());
    await end("audit", options.auditLog?.close?.());
    const tookMs = drainingSince === null ? 0 : Math.round(runtime.monotonicMs() - drainingSince);
    const { unanswered = 0, broken = 0 } = cut ?? {};
    log.info("shutdown.ended", { took_ms: tookMs, cut_unanswered: unanswered, cut_broken: broken });
    await chosen.flush();
  };

  const tide: Tidegate = {
    ...shell.answers,
    ...gateHandle(handling, MAIN_GATE),
    config,
    log: chosen.log,
    instance: self.get,
    db: handles.shared,
    middleware: () => shell.middleware,
    routes: () =>
      tidegateRoutes({
        ...{ health, recovery, gates, auth, addressOf, readiness: () => readiness, worker: ownProcess() },
        ...{ processes, kept, shell, appVersion, config, runtime },
      }),
    gate,
    keep: keepRoute,
    kept: keptValue,
    forget: kept.forget,
    with: within,
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
  noteEntrance(tide, shell.entrance);
  noteProcessFigures(tide, processes);
  noteInsides(tide, { ...handling, guard: main, explain, attach: absent.attach, recorded, tracing });
  return tide;
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
