/** The entry for Node, and for each of its workers: reads the environment, chooses adapters, serves, says what to try. */
import { setTimeout } from "node:timers/promises";
import { DatabaseError, lineLog, type Tidegate, tidegate } from "tidegate";
import { type Config, readConfig, readLog } from "tidegate/config";
import { auditFile, nodeHook, processLines, type Serving, serve, supervise } from "tidegate/node";
import { withFaults } from "tidegate/testing";
import manifest from "../package.json" with { type: "json" };
import { adaptersOf, checkOffered, type Offer, storeOf } from "./adapters.ts";
import { createApp } from "./app.ts";
import { EMBEDDED_DATABASE } from "./platforms/embedded.ts";
import { ALL_HOOKS } from "./platforms/hooks.ts";
import { SERVER_DATABASES, SERVER_STORES } from "./platforms/servers.ts";
import { restartOf } from "./restart.ts";
import { dev } from "./routes/dev.ts";
import { exitCodeOf, startFault } from "./start-fault.ts";
import { welcome } from "./welcome.ts";

const OFFER: Offer = {
  platform: "Node",
  databases: { ...SERVER_DATABASES, ...EMBEDDED_DATABASE },
  stores: SERVER_STORES,
  hooks: ALL_HOOKS,
};
/** On a machine that is very busy; after that it is served as it is. */
const LONGEST_START_MS = 60_000;

let log = lineLog(readLog());
let end = processLines(log);
try {
  const config = readConfig();
  // From here on it knows what no line may show.
  end();
  log = lineLog(config.log, config);
  end = processLines(log);
  // A supervisor could not tell it from workers that fall.
  checkOffered(config, OFFER);
  const ledger = async () => ({ store: await storeOf(config, OFFER), auditLog: auditLogOf(config) });
  const running = await supervise(() => start(config), { config, ledger });
  if (running.role !== "worker" && log.format === "pretty") console.log(welcome(running.url, config));
} catch (error) {
  // At a terminal the sentence alone: there it is somebody who has just typed something.
  if (log.format === "pretty") console.error(error instanceof Error ? error.message : error);
  else log.error("app.failed", startFault(error));
  await log.flush();
  process.exit(exitCodeOf(error));
}

async function start(config: Config): Promise<Serving> {
  const { database, store } = await adaptersOf(config, OFFER);
  // Trouble on demand is for development; elsewhere the database is not even wrapped.
  const { adapter, faults } =
    config.app.env === "development" ? withFaults(database) : { adapter: database, faults: undefined };
  const auditLog = auditLogOf(config);
  const restart = await restartOf(config, OFFER, nodeHook(process));
  const tide = tidegate({ database: adapter, store, config, restart, auditLog, appVersion: manifest.version });
  // An embedded database takes seconds to start and be seeded; a server may be away, which is what Tidegate is for.
  if (config.database.kind === "pglite") await firstAnswer(tide);
  return serve(createApp(tide, faults && dev(faults)), { tide });
}

function auditLogOf({ audit }: Config) {
  return audit.file === null ? undefined : auditFile(audit.file);
}

/**
 * Before anybody is let in: where calls have less patience than the start takes, their timeouts would open the breaker.
 * In the slow lane such timeouts count for nothing.
 */
async function firstAnswer({ db, log }: Tidegate): Promise<void> {
  log.info("database.starting", { kind: "pglite" });
  const giveUpAt = performance.now() + LONGEST_START_MS;
  while (performance.now() < giveUpAt && (await isStarting(db.lane("slow")))) await setTimeout(100);
}

async function isStarting(db: Tidegate["db"]): Promise<boolean> {
  try {
    await db.query`select 1`;
    return false;
  } catch (error) {
    return error instanceof DatabaseError && (error.fault === "exhausted" || error.fault === "timeout");
  }
}
